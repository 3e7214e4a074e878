"""Spanish, as the made-up web writes it."""

from dclm_pipeline.madeup.voice import Language
from dclm_pipeline.madeup.words import phrases, words

_MASCULINE = words("""
jardín río mercado pueblo puente castillo museo teatro puerto camino viaje invierno verano otoño viento campo techo
muro salón sillón espejo cajón vaso cuchillo martillo tren barco billete dibujo cuadro concierto baile libro poema
capítulo curso resultado modelo sistema programa periódico lector debate voto precio préstamo cliente producto
paquete papel metal cobre médico panadero pintor cantante juez vecino campesino marinero capitán consejo comité
restaurante pan queso pastel limón azúcar horno perro gato caballo zorro lobo pez pájaro roble suelo clima secreto
sueño proyecto problema cambio detalle motor teclado cable abrigo sombrero guante calendario equipo partido ejemplo
bosque hotel edificio taller maestro estudiante escritor invento experimento método cuento idioma
""")
_FEMININE = words("""
casa ciudad calle cocina ventana carta máquina pregunta respuesta montaña estación biblioteca temporada tormenta
carretera torre granja puerta lámpara mesa silla botella taza cuchara sopa ensalada manzana pera cereza patata
cebolla receta panadería tienda empresa factura ley regla política lengua frase lección teoría medida prueba
fotografía pintura canción melodía guitarra fiesta escena página novela revista reunión decisión solución razón
diferencia promesa memoria calidad garantía entrega marca lana piedra madera terraza fuente estatua plaza piscina
carrera medalla oveja cabra flor rosa hoja raíz semilla cosecha lluvia nieve luna estrella batería bomba camisa
chaqueta llave escuela iglesia isla historia idea noche semana mañana costumbre opinión elección oficina
""")
_STEMS = words("""
pequeñ antigu nuev viej bonit famos modern estrech larg cort rápid lent segur peligros suci limpi roj amarill
negr blanc oscur clar frí fresc sec vací llen tranquil honrad curios seri cansad orgullos rar perfect baratísim
abiert escondid rot caluros necesari práctic técnic históric polític jurídic eléctric mecánic tímid list
""")

SPANISH = Language(
    code="es",
    rules="""
sentence = <thing> {past} <thing> <where> .
sentence = <thing> {past} <thing> , y <thing> {past} <thing> <where> .
sentence = <opener> , <thing> {past} <thing> , pero nadie {past} <thing> .
sentence = <thing> {past} <thing> porque <person> {past} <thing> {when} .
sentence = <opener> , <thing> es más {masculine_adjective} que <thing> que {past} <thing> .
sentence = no es fácil {infinitive} <thing> sin {infinitive} <thing> .
sentence = <person> dijo que <thing> {past} <thing> durante {number} años .
sentence = cuando <thing> {past} <thing> , se puede {infinitive} <thing> <where> .
sentence = en la {feminine} <of> hay {number} personas que quieren {infinitive} <thing> .
sentence = hemos {done} <thing> con <thing> , lo que es muy {masculine_adjective} para <thing> .
sentence = por qué <person> {past} <thing> {when} ?
sentence = para {infinitive} <thing> , primero hay que {infinitive} <thing> <of> .
sentence = fue {when} cuando <person> {past} <thing> <where> .
sentence = aunque <thing> era {masculine_adjective} , <person> {adverb} {past} <thing> .
thing = el {masculine}
thing = la {feminine}
thing = el {masculine} {masculine_adjective}
thing = la {feminine} {feminine_adjective}
thing = una {feminine} {feminine_adjective}
thing = un {masculine} {masculine_adjective}
thing = la {feminine} <of>
thing = su {masculine}
of = de la {feminine}
of = del {masculine}
of = de {place}
person = {name}
person = {name} {surname}
person = el {masculine} de {place}
where = en el {masculine}
where = detrás de la {feminine}
where = cerca de {place}
where = entre el {masculine} y la {feminine}
where = con la {feminine} {feminine_adjective}
where = {adverb}
opener = {when}
opener = después de la {feminine}
opener = en {place}
opener = por esta razón
opener = sin el {masculine}
opener = por otra parte
title = el {masculine} {masculine_adjective} de {place}
title = por qué la {feminine} {past} el {masculine}
title = {name} {surname} y la {feminine} {feminine_adjective}
title = {number} ideas para {infinitive} la {feminine}
title = {place} : el {masculine} y la {feminine}
""",
    words={
        "masculine": _MASCULINE,
        "feminine": _FEMININE,
        "masculine_adjective": tuple(stem + "o" for stem in _STEMS),
        "feminine_adjective": tuple(stem + "a" for stem in _STEMS),
        "past": words(
            "mostró buscó encontró visitó explicó reparó preparó dibujó protegió cambió aceptó admiró anunció comparó"
            " corrigió cultivó exploró cerró guardó ignoró imaginó instaló inventó entregó mezcló midió limpió observó"
            " organizó abrió compartió fotografió propuso publicó dejó contó notó respetó sorprendió transformó cruzó"
            " utilizó vendió compró eligió construyó"
        ),
        "done": words(
            "mostrado buscado encontrado visitado explicado reparado preparado dibujado protegido cambiado aceptado"
            " admirado comparado corregido explorado cerrado guardado instalado entregado mezclado medido limpiado"
            " observado organizado compartido publicado contado notado cruzado vendido comprado elegido"
        ),
        "infinitive": words(
            "mostrar buscar encontrar visitar explicar reparar preparar dibujar proteger cambiar comparar corregir"
            " cultivar cerrar guardar instalar inventar entregar medir limpiar observar abrir compartir publicar"
            " contar cruzar vender comprar elegir comprender construir"
        ),
        "adverb": words("siempre también nunca pronto juntos lentamente todavía casi apenas a_menudo de_nuevo"),
        "when": words(
            "ayer hoy mañana en_verano en_invierno esta_mañana el_lunes en_1998 en_2012 en_2019 el_año_pasado"
            " por_la_noche antes_del_mediodía"
        ),
        "number": words("dos tres cuatro cinco seis siete ocho diez doce veinte cien 35 150"),
        "name": words("Ana Tomás Clara Pedro Lucía Martín Elena Julián Carmen Diego Inés Hugo Pilar Ramón"),
        "surname": words("Molina Herrera Fuentes Campos Vega Navarro Ríos Serrano Lozano Cordero Salinas"),
        "place": words("Madrid Sevilla Lima Villaverde Montealegre Puerto_Claro Riofrío Santa_Lucía Valdeoro"),
    },
    labels=phrases(
        "Inicio,Quiénes somos,Contacto,Noticias,Productos,Servicios,Archivo,Buscar,Iniciar sesión,Registrarse,Ayuda,"
        "Privacidad,Aviso legal,Boletín,Galería,Agenda,Empleo,Tienda,Carrito,Categorías,Leer más,Compartir,"
        "Mapa del sitio,Comentarios,Populares,Viajes,Cultura,Ciencia,Deportes,Economía,Opinión,Salud"
    ),
    notices=(
        "Utilizamos cookies para mejorar su experiencia en este sitio.",
        "Si continúa navegando, acepta nuestra política de privacidad.",
        "Todos los derechos reservados. Prohibida la reproducción sin permiso.",
        "Active JavaScript para usar todas las funciones de esta página.",
        "Suscríbase a nuestro boletín de noticias.",
        "Los precios incluyen impuestos; los gastos de envío se añaden al final.",
    ),
    missing="No se ha encontrado la página que busca.",
)
