"""French, as the made-up web writes it; nouns that begin with a vowel are a class of their own, because of l'."""

from dclm_pipeline.madeup.voice import Language
from dclm_pipeline.madeup.words import phrases, words

_MASCULINE = words("""
jardin fleuve marché village pont château musée théâtre port chemin voyage matin soir printemps vent nuage soleil
bois champ verger toit mur plafond salon fauteuil tapis miroir tiroir panier verre couteau marteau vélo train bateau
billet passeport dessin tableau concert bal film roman poème chapitre mot cours résultat modèle signal réseau
programme journal lecteur débat vote budget prix coût prêt client produit colis coton cuir papier métal cuivre
médecin boulanger peintre chanteur juge voisin fermier marin capitaine conseil comité magasin restaurant pain fromage
gâteau citron poivre sucre beurre four chien chat cheval mouton renard loup poisson chêne sol climat secret rêve
projet problème choix changement détail moteur clavier câble tuyau manteau chapeau gant calendrier
""")
_FEMININE = words("""
maison rivière rue ville cuisine fenêtre lettre machine question réponse forêt montagne gare bibliothèque saison
tempête vallée route tour ferme prairie grange porte lampe table chaise bouteille tasse cuillère soupe salade pomme
poire cerise tomate carotte recette boulangerie boutique banque société facture taxe loi règle politique langue
phrase leçon méthode théorie mesure preuve carte photo peinture chanson mélodie guitare danse fête scène page
nouvelle revue réunion décision solution raison différence chance promesse mémoire qualité garantie livraison
marque laine pierre brique terrasse fontaine statue place piscine course médaille chèvre fleur rose feuille racine
graine récolte pluie neige lune planète batterie pompe poche veste montre clé
""")
_VOWEL = words("""
arbre hôtel été hiver automne orage avion outil escalier atelier article exemple ordinateur écran accord avis objet
oiseau insecte argent or étudiant avocat ingénieur élève ami école église île histoire usine idée eau herbe
assiette armoire image étoile habitude élection opinion entreprise enveloppe échelle expérience émission
""")
_ADJECTIVES = words("""
calme célèbre moderne simple complexe rapide sale propre rouge jaune large étroit:étroite rare utile pauvre riche
fragile solide pratique technique historique politique juridique mécanique électrique magique timide honnête
tranquille agréable sensible visible populaire ordinaire rural:rurale local:locale ouvert:ouverte fermé:fermée
caché:cachée brisé:brisée vert:verte gris:grise bleu:bleue froid:froide chaud:chaude lourd:lourde léger:légère
content:contente patient:patiente important:importante récent:récente prudent:prudente lent:lente
""")
_PAIRS = [word.split(":") if ":" in word else [word, word] for word in _ADJECTIVES]

FRENCH = Language(
    code="fr",
    rules="""
sentence = <thing> {verb} <thing> <where> .
sentence = <thing> a {done} <thing> , et <thing> a {done} <thing> <where> .
sentence = <opener> , <thing> {verb} <thing> , mais personne ne {verb} <thing> .
sentence = <thing> {verb} <thing> parce que <person> a {done} <thing> {when} .
sentence = <opener> , <thing> est plus {masculine_adjective} que <thing> qui {verb} <thing> .
sentence = il n'est pas facile de {infinitive} <thing> sans {infinitive} <thing> .
sentence = <person> a dit que <thing> {verb} <thing> depuis {number} ans .
sentence = quand <thing> {verb} <thing> , on peut {infinitive} <thing> <where> .
sentence = dans la {feminine} <of> , il y a {number} personnes qui ont {done} <thing> .
sentence = nous avons {done} <thing> avec <thing> , ce qui est très {masculine_adjective} pour <thing> .
sentence = pourquoi est-ce que <thing> {verb} <thing> {when} ?
sentence = pour {infinitive} <thing> , il faut d'abord {infinitive} <thing> <of> .
sentence = c'est {when} que <person> a {done} <thing> <where> .
sentence = même si <thing> est {masculine_adjective} , <person> {verb} {adverb} <thing> .
thing = le {masculine}
thing = la {feminine}
thing = le {masculine} {masculine_adjective}
thing = la {feminine} {feminine_adjective}
thing = une {feminine} {feminine_adjective}
thing = un {masculine} {masculine_adjective}
thing = la {feminine} <of>
thing = {elided}
thing = {elided} <of>
of = de la {feminine}
of = du {masculine}
of = de {elided}
person = {name}
person = {name} {surname}
person = le {masculine} de {place}
where = dans le {masculine}
where = derrière la {feminine}
where = près de {place}
where = entre le {masculine} et la {feminine}
where = avec {elided}
where = {adverb}
opener = {when}
opener = après la {feminine}
opener = à {place}
opener = pour cette raison
opener = sans le {masculine}
opener = d'un autre côté
title = le {masculine} {masculine_adjective} de {place}
title = pourquoi la {feminine} {verb} le {masculine}
title = {name} {surname} et la {feminine} {feminine_adjective}
title = {number} idées pour {infinitive} {elided}
title = {place} : le {masculine} et la {feminine}
""",
    words={
        "masculine": _MASCULINE,
        "feminine": _FEMININE,
        "elided": tuple(f"l'{word}" for word in _VOWEL),
        "masculine_adjective": tuple(pair[0] for pair in _PAIRS),
        "feminine_adjective": tuple(pair[1] for pair in _PAIRS),
        "verb": words(
            "montre regarde cherche trouve visite explique répare prépare dessine protège remplace accepte admire"
            " annonce change compare considère corrige cultive dépasse explore ferme garde ignore imagine installe"
            " invente livre mélange mesure nettoie observe organise ouvre partage photographie propose publie quitte"
            " raconte rejoint remarque respecte surprend transforme traverse utilise vend"
        ),
        "done": words(
            "montré regardé cherché trouvé visité expliqué réparé préparé dessiné protégé remplacé accepté admiré"
            " annoncé changé comparé corrigé cultivé exploré fermé gardé ignoré imaginé installé inventé livré mesuré"
            " nettoyé observé organisé ouvert partagé proposé publié quitté raconté remarqué traversé vendu"
        ),
        "infinitive": words(
            "montrer regarder chercher trouver visiter réparer préparer dessiner protéger remplacer changer comparer"
            " corriger cultiver fermer garder installer inventer livrer mesurer nettoyer observer ouvrir partager"
            " publier raconter traverser vendre choisir comprendre construire"
        ),
        "adverb": words("souvent rarement enfin ensemble lentement doucement toujours encore presque ailleurs partout"),
        "when": words(
            "hier aujourd'hui demain en_été en_hiver ce_matin le_lundi en_1998 en_2012 en_2019 l'année_dernière"
            " pendant_la_nuit avant_midi"
        ),
        "number": words("deux trois quatre cinq six sept huit dix douze vingt cent 35 150"),
        "name": words("Anne Thomas Claire Pierre Lucie Martin Hélène Julien Camille Étienne Margot Hugo Odile"),
        "surname": words("Moreau Lambert Fontaine Mercier Chevalier Rivière Deschamps Leroux Valmont Bellerose"),
        "place": words("Paris Lyon Bruxelles Valfleury Montclair Rochebrune Beaulieu Saint-Aubin Grandpré"),
    },
    labels=phrases(
        "Accueil,À propos,Contact,Actualités,Produits,Services,Archives,Recherche,Connexion,Inscription,Aide,"
        "Confidentialité,Mentions légales,Lettre d'information,Galerie,Agenda,Emploi,Boutique,Panier,Catégories,"
        "Lire la suite,Partager,Plan du site,Commentaires,Populaire,Voyage,Culture,Sciences,Économie,Santé"
    ),
    notices=(
        "Nous utilisons des cookies pour améliorer votre expérience sur ce site.",
        "En poursuivant votre navigation, vous acceptez notre politique de confidentialité.",
        "Tous droits réservés. Reproduction interdite sans autorisation.",
        "Veuillez activer JavaScript pour utiliser toutes les fonctions de cette page.",
        "Inscrivez-vous à notre lettre d'information.",
        "Les prix comprennent la taxe, hors frais de livraison.",
    ),
    missing="La page que vous cherchez est introuvable.",
)
