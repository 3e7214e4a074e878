"""Japanese, as the made-up web writes it: no spaces, particles as words of the rules."""

from dclm_pipeline.madeup.voice import Language
from dclm_pipeline.madeup.words import phrases, words

JAPANESE = Language(
    code="ja",
    space="",
    signs=("、", "。", "。", "!", ":"),
    rules="""
sentence = <thing> は <thing> を {past} .
sentence = {when} , <person> は <where> <thing> を {past} .
sentence = <thing> が {adjective} ので , <person> は <thing> を {past} .
sentence = <person> によると , <thing> は {number} 年前から <thing> を {past} そうです .
sentence = <where> {te} , それから <thing> を {past} .
sentence = もし <thing> を {plain} なら , まず <thing> を {plain} ことが大切です .
sentence = <thing> は <thing> よりも {adjective} と思いますが , <person> は <thing> を {past} .
sentence = {when} , <thing> と <thing> について {number} 人が話しました .
sentence = なぜ <thing> は <thing> を {past} か ?
sentence = <thing> を {plain} ためには , <thing> が必要です .
sentence = しかし , <thing> を {te} , <person> は {when} <where> <thing> を {past} .
sentence = この {noun} は {adjective} {noun} として知られていて , <where> 見ることができます .
thing = {noun}
thing = {adjective} {noun}
thing = {noun} の {noun}
thing = {place} の {noun}
thing = その {noun}
thing = 私たちの {noun}
person = {name} さん
person = {place} の人
person = {name} 先生
where = {noun} の前で
where = {place} で
where = {adjective} {noun} の中で
where = {noun} の近くで
title = {place} の {adjective} {noun}
title = {noun} を {plain} {number} つの方法
title = {name} さんと {adjective} {noun}
title = なぜ {noun} は {adjective} のか
title = {noun} と {noun} について
""",
    words={
        "noun": words(
            "家 庭 川 町 市場 学校 先生 村 台所 窓 手紙 機械 質問 答え 橋 島 森 山 駅 図書館 博物館 劇場 港 旅 会議 朝"
            " 夕方 夏 冬 春 秋 季節 天気 嵐 谷 道 広場 塔 城 神社 畑 果物 門 隣人 旅行者 画家 作家 歌手 医者 農家 大工"
            " 技術者 学生 科学者 船 会社 工場 事務所 店 食堂 旅館 料理 夕食 朝食 パン 野菜 りんご 砂糖 机 椅子 電灯 鏡 棚"
            " 瓶 皿 時計 自転車 電車 飛行機 切符 地図 写真 絵 歌 音楽 楽器 祭り 踊り 映画 小説 詩 文章 言葉 授業 試験"
            " 理論 実験 結果 方法 見本 記録 番号 模様 信号 コンピューター 画面 報告 新聞 雑誌 意見 選挙 法律 規則 予算 税金"
            " 値段 銀行 商品 品質 荷物 材料 綿 紙 金属 石 木材 屋根 壁 床 階段 公園 試合 鳥 馬 犬 猫 羊 魚 虫 花 葉 根 種 土"
            " 雨 雪 風 雲 星 月 電池 道具 帽子 靴 指輪 約束 秘密 思い出 夢 習慣 考え 計画 問題 理由 例 違い 変化"
        ),
        "past": words(
            "見せました 探しました 見つけました 訪ねました 説明しました 直しました 準備しました 描きました 守りました"
            " 変えました 比べました 育てました 調べました 閉めました 開けました 作りました 届けました 測りました 洗いました"
            " 集めました 分けました 売りました 買いました 選びました 建てました 忘れました 覚えました 紹介しました 使いました"
            " 送りました 待っていました 考えました 始めました 続けました"
        ),
        "plain": words(
            "見せる 探す 見つける 訪ねる 説明する 直す 準備する 描く 守る 変える 比べる 育てる 調べる 閉める 開ける 作る"
            " 届ける 測る 洗う 集める 分ける 売る 買う 選ぶ 建てる 覚える 紹介する 使う 送る 始める 続ける"
        ),
        "te": words("休んで 話して 働いて 学んで 遊んで 歩いて 待って 考えて 準備して 相談して 集まって 食べて"),
        "adjective": words(
            "古い 小さい 大きい 静かな 早い 遅い 明るい 狭い 広い 優しい 不思議な 有名な 新しい 簡単な 便利な 重い 軽い"
            " 暖かい 冷たい 新鮮な きれいな 赤い 青い 黒い 白い 丸い 忙しい 賢い 正直な 珍しい 完全な 柔らかい 固い 甘い"
            " 豊かな 安い 高い 安全な 危ない 速い 遠い 近い 大切な 美しい 若い"
        ),
        "when": words("昨日 今日 来週 去年 夏に 冬に 毎朝 月曜日に 昔 その後 最近 1998年に 2012年に 2019年に"),
        "number": words("二 三 四 五 六 七 八 十 二十 百 15 30"),
        "name": words("田中 山本 鈴木 石川 小林 森田 青木 中島 西村 川口 花岡 松井 高橋 野口"),
        "place": words("東京 京都 大阪 北町 緑川 青山 白浜 松原 星野 南港 花園 古城"),
    },
    labels=phrases(
        "ホーム,会社概要,お問い合わせ,ニュース,製品,サービス,アーカイブ,検索,ログイン,新規登録,ヘルプ,プライバシー,利用規約,"
        "メールマガジン,ギャラリー,イベント,採用情報,ショップ,カート,カテゴリー,続きを読む,共有,サイトマップ,コメント,人気,"
        "旅行,文化,科学,スポーツ,経済,意見,健康"
    ),
    notices=(
        "このサイトではクッキーを使用しています。",
        "閲覧を続けることで、プライバシーポリシーに同意したものとみなされます。",
        "無断転載を禁じます。",
        "すべての機能を使うにはジャバスクリプトを有効にしてください。",
        "メールマガジンに登録してください。",
        "価格は税込みです。送料は別途かかります。",
    ),
    missing="お探しのページは見つかりませんでした。",
)
