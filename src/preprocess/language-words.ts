/** What tells a language that is written in Latin letters. Words are separated by blanks. */
export interface LatinWords {
  /** Words that hold sentences together and say little by themselves. */
  readonly binding: string;
  /** Frequent words that do say something. */
  readonly common: string;
  /** What stands before an apostrophe (`c'`), and endings (`-ção`). */
  readonly parts: string;
}

/**
 * The languages of the Latin alphabet that are told apart: those that models are trained on, and those most
 * often met beside them. Words are as people write them in posts, with and without accents; a word may stand
 * under several languages. All are written by hand for this table.
 */
export const LATIN_WORDS: Readonly<Record<string, LatinWords>> = {
  en: {
    binding: `the and you that is it in for of with this was have are be my your at what all just but get when out
      how who about so if from we they can will now not up an or has had were been he she his her him them
      their our us am because would could should than then there here some any more most very too also
      only why where which while after before again never always still even ever much many know make going
      got see day time today tomorrow tonight really right back new lol omg im dont cant ive didnt doesnt
      isnt wont thats gonna wanna gotta ur u thx thanks thank please off over down into by on to no do did
      does i me as one first last way being every other these those such both own same few between through
      during against without within under since until another each something someone anything nothing
      everyone everything look come say said says yeah oh well next getting two`,
    common: `good great best love like think want need night happy watch people god man guys hope feel wait
      better bad shit fuck damn year week birthday christmas beautiful game team girl girls school work
      home life world friend friends family show music song playing watching looking coming live big
      little weekend morning sunday monday friday saturday via check follow help nice cool sweet amazing
      awesome real high free old city street park beach lunch dinner food fun things`,
    parts: `i' it' don' that' can' you' he' she' we' they' didn' doesn' isn' won' let' what' there' wasn' haven'
      couldn' wouldn' shouldn' aren' weren' hasn' ain' y' -ing -ings -ight -ould -ness -ough -tion -ful
      -ly -self -ever -ally -ment -ted -ery -thing -ish -ess -able`,
  },
  fr: {
    binding: `le la les de des du et est un une que qui pas pour dans sur avec je tu il elle on nous vous ils
      elles ce cette ces mon ma mes ton ta tes son sa ses notre votre leur leurs mais ou où donc car si
      plus moins très tres trop tout tous toute toutes rien quand comme comment pourquoi parce aussi
      encore jamais toujours déjà deja même meme fait faire dit dire va vais vas vont être etre été ete
      suis es sommes êtes sont étais était avait avoir ai as avons avez ont eu sera serait peut peux veux
      veut faut sans sous chez vers entre après apres avant depuis pendant contre au aux en y ne se me te
      lui moi toi ça ca cela celui celle quoi quel quelle aujourd hui demain jour an ans temps ici là voir
      voilà alors puis mdr ptdr oui non ah ouais parle jsuis jai cest`,
    common: 'bien bon bonne merci bonjour bonsoir soir matin année monde gens vie oublie merde putain',
    parts: `c' j' l' d' n' qu' s' m' t' aujourd' lorsqu' puisqu' jusqu' quelqu' -tion -aient -eux -euse -ment
      -elle -ette -ées -ité -ais -ait -ont -eur -oir -ique -ez -iers -ière`,
  },
  de: {
    binding: `der die das und ist ich nicht ein eine einen einem einer eines du er sie es wir ihr mich mir dich
      dir ihn ihm uns euch sich mein meine meinen dein deine sein seine kein keine keinen auf für fuer mit
      von zu zum zur im in den dem des aus bei nach über ueber unter vor um an am als auch aber oder wenn
      dann weil dass daß ob wie was wer wo warum wieso so sehr mehr nur noch schon immer wieder nie jetzt
      heute morgen gestern hier da dort mal doch ja nein alles alle nichts etwas man kann können konnte
      muss müssen will wollen soll sollte wird werden wurde würde war waren bin bist sind seid hat habe
      haben hatte hab machen macht gemacht geht gehen kommt kommen sagen sagt wissen weiß weiss viel viele
      endlich bitte tag jahr jahre zeit mann ganz echt eigentlich einfach gegen ohne durch bis zwischen
      seit dieser diese dieses jeder jede jedes selbst beim vom ins nen is ne halt eben natürlich uhr klar
      genau gerne bald eure euer deiner meiner seiner unsere ihre ihren ihrer welche welcher darf dafür
      davon dabei darauf damit paar zwei drei hallo hey tja naja nee nö`,
    common: `gut gute guten schön schlecht leider danke leute welt frau neue neuen neues neuer abend nacht
      stunden wetter regen wochenende geburtstag arbeit schule schlafen lieber liebe lieben freue freuen
      glück gluck wünsche gratuliere willkommen fertig stadt menschen kinder politik frage`,
    parts: `-ung -ungen -lich -liche -lichen -keit -heit -isch -ische -schaft -cht -chen -icht -ieren -tung
      -igen -ften -tzt -ssen -gen -ten -ern -zeug -bar -sam -ig`,
  },
  it: {
    binding: `il lo la i gli le un uno una di a da in con su per tra fra e è che non no mi ti si ci vi ma se o anche
      come più piu sono sei siamo siete ho hai ha abbiamo avete hanno era ero erano stato stata fatto fare
      fa faccio dire detto dice questo questa questi queste quello quella quelli quelle mio mia miei tuo
      tua suo sua nostro vostro loro io tu lui lei noi voi del dello della dei degli delle al allo alla ai
      agli alle dal dalla dai dalle nel nella nei nelle sul sulla sui sulle perché perche cosa chi quando
      dove quanto tutto tutti tutta tutte niente nulla mai sempre ancora già gia poi ora adesso oggi
      domani ieri stasera molto troppo poco tanto così cosi solo senza dopo prima contro essere avere può
      puo posso vuole voglio deve devo ogni altro altri altra proprio quindi però pero invece cioè allora
      boh va vado sta sto stai ne ce`,
    common: `bene male grazie ciao buongiorno buona buon bello bella brutto bellissimo anni giorno vita mondo
      casa gente grande`,
    parts: `l' d' un' dell' nell' all' c' dall' sull' quell' com' dov' po' quest' anch' nessun' tutt' sant'
      -zione -zioni -ità -mente -ando -endo -ato -ata -ati -are -ere -ire -issimo -issima -ello -ella
      -ggio -gli -cchi -tto -tti -zza -iamo -ano -evo -ava`,
  },
  pt: {
    binding: `o a os as um uma uns umas de do da dos das em no na nos nas por pelo pela para pra pro com sem sob e
      é ou mas que se não nao sim eu você voce vc tu ele ela nós eles elas meu minha meus minhas teu tua
      seu sua seus suas nosso isso isto esse essa esses essas este esta aquele aquela aqui ali lá muito
      muita muitos mais menos já ja ainda sempre nunca agora hoje amanhã ontem quando onde como porque
      porquê quem qual quanto tudo todo toda todos todas nada alguém ninguém ser sou és somos são sao foi
      era eram estar estou está tá ta tô to estava ter tenho tem temos tinha vai vou vamos fazer faz fiz
      fez dizer pode posso quero quer acho sei ver ano anos coisa também tambem tbm pq né ne até ate
      depois antes só so então entao entre sobre contra desde lhe me te mim mano cara dele dela deles num
      numa ao aos à às hj mto nem cada outro outra mesmo`,
    common: 'bem mal bom boa ruim gente dia noite vida mundo casa pessoas obrigado obrigada saudade melhor',
    parts: `-ção -ções -ão -ões -mente -inho -inha -ando -endo -indo -ade -eiro -eira -oso -osa -agem -ava -aram
      -lho -lha -nho -nha -ei -eu -ou -ar -er`,
  },
  es: {
    binding: `el la los las un una unos unas de del al a en con por para sin sobre y e o u pero que qué se no sí
      si yo tú tu él ella usted nosotros ellos ellas mi mis su sus nuestro este esta estos estas ese esa
      eso esto aquel aquí aqui allí muy mucho mucha muchos más mas menos ya aún todavía siempre nunca
      ahora hoy mañana ayer cuando cuándo donde dónde como cómo porque quien quién cual cuanto todo toda
      todos todas nada algo alguien nadie ser soy eres es somos son fue era estar estoy está estás estamos
      están haber he has ha hay había tener tengo tiene tienes tenemos ir voy va vamos hacer hace hago
      hizo decir dice puede puedo quiero quiere creo sé ver año años cosa también tambien hasta después
      antes solo sólo entonces entre contra desde le les lo me te nos os jajaja jaja tan tanto otra otro
      mismo cada ni q pq xq tiempo`,
    common: `bien mal bueno buena buenos gente día dia noche vida mundo casa gracias amor mejor peor siento gusta
      dios`,
    parts: `-ción -ciones -mente -ando -iendo -ado -ada -idos -dad -tad -ero -era -oso -osa -ito -ita -aba -aron
      -emos -illo -illa -anza -ía -ar -er -ir -ños -ante`,
  },
  hi: {
    binding: `hai hain h ka ki ke ko se me mein main mai nahi nahin nai nhi kya kyu kyun kyunki ye yeh wo woh bhi
      tha thi aur ho hi to toh koi kuch kar karo karna karta karte karti kiya raha rahe rahi rha rhe rhi
      gaya gayi gaye gya apna apne apni mera mere meri tera tere teri tum tumhara hum humko hamara hamare
      aap aapka aapke unka uska uske uski iska iske iski unke jo jab tab ab abhi phir fir par pe bas bahut
      bohot yar sab sabse kaise kaisa kahan yahan wahan itna jaise jaisa wala wale wali liye lie diya dia
      dekh dekho dekha bol bolo bola baat ek do teen kabhi sirf matlab lekin agar warna mujhe mujhko tujhe
      usko isko inko unko hoga hogi honge hota hote hoti hua hue hui chal chalo na hona jana jata sakta
      sakte kuchh thoda zyada jyada saal din raat ji sahab bilkul`,
    common: 'acha accha achha bhai yaar log logo logon desh dil pyar sahi galat ghar kaam paisa',
    parts: '-iye -enge -unga -ega -ogi -kar -iya -aana',
  },
  nl: {
    binding: `de het een en van ik je dat die is niet op te zijn met voor er maar om aan ook als bij nog uit wel
      zo dan naar heb hebben heeft had hem haar hij zij ze we wij jij jullie mij mijn jouw ons onze deze
      dit wat wie waar hoe waarom wanneer geen veel meer heel goed goede mooi leuk lekker vandaag morgen
      gisteren nu altijd nooit weer al toch echt gewoon kan kunnen moet moeten wil willen gaat gaan ga
      komt komen doen doet zien ben bent was waren wordt worden werd zou zullen zal over door tegen tot
      onder tussen na zonder iemand niemand iets niets alles alle mensen jaar dag dank bedankt even maken
      maakt echter eens hier daar laat`,
    common: '',
    parts: '-ijk -ijke -lijk -heid -ing -ingen -tje -tjes -aan -oor -eert -elen -acht -erd -isch -uur -ij',
  },
  sv: {
    binding: `och att det är som en ett den i på för med av jag du han hon vi ni de dem inte har hade till om men
      så vad var när hur varför kan ska skulle vill måste bara också nu här där från eller mycket bra dag
      idag imorgon mig dig sig min mitt mina din ditt sin sitt oss alla allt inget någon något mer än
      efter utan över under mellan blir bli blev vara varit göra gör gick kommer komma säger tack ju väl
      även denna detta tycker lite hela`,
    common: '',
    parts: '-ning -ande -aste -igt -lig -het -arna -erna -are -orna',
  },
  da: {
    binding: `og at det er som en et den i på for med af jeg du han hun vi de dem ikke har havde til om men så
      hvad var hvor når hvordan hvorfor kan skal skulle vil må kun også nu her der fra eller meget godt
      god dag mig dig sig min mit mine din dit sin sit os alle alt ingen noget mere end efter uden over
      under mellem bliver blive blev være været gøre gør kommer siger tak jo selv denne dette synes lidt
      hele bare`,
    common: '',
    parts: '-else -ning -erne -ende -hed -igt -lig',
  },
  no: {
    binding: `og at det er som en et ei den i på for med av jeg du han hun vi dere de dem ikke har hadde til om
      men så hva var hvor når hvordan hvorfor kan skal skulle vil må bare også nå her der fra eller mye
      bra dag meg deg seg min mitt mine din ditt sin sitt oss alle alt ingen noe mer enn etter uten over
      under mellom blir bli ble være vært gjøre gjør kommer sier takk jo selv denne dette synes litt hele`,
    common: '',
    parts: '-else -ning -ene -ende -het -ig -lig -ingen',
  },
  pl: {
    binding: `i w na z się sie nie to jest że ze do co jak ale o za po od przez dla tak już juz czy tylko był byl
      była być byc są sa ma mam mi mnie ty ja on ona my wy oni ich jego jej tego tej ten ta te tym tych
      może moze bardzo dobrze dzisiaj dziś dzis jutro wczoraj teraz zawsze nigdy jeszcze wszystko nic kto
      gdzie kiedy dlaczego bo kiedyś proszę dziękuję dzięki trzeba chce mogę jestem jesteś będzie bedzie
      bez pod nad przed więc oraz lub sobie`,
    common: '',
    parts: '-ość -ości -ego -emu -ych -ymi -ował -nie -cie -ski -ska -owa -czy -eń',
  },
  cs: {
    binding: `a v na je se že to s z do i o si jako ale za po od pro jen už nebo když tak jak co by byl byla být
      jsem jsi jsou jsme není má mám mi mě ty já on ona my vy oni jeho její toho ten ta tím může velmi
      dobře dnes zítra včera teď vždy nikdy ještě všechno nic kdo kde kdy proč protože děkuji prosím které
      který která bude`,
    common: '',
    parts: '-ost -osti -ého -ých -ými -ní -ský -ská -ová -ít -at',
  },
  ro: {
    binding: `și si de la în in cu pe nu un o care este e sunt a ai am au ce că ca mai din să sa se lui pentru dar
      sau cum când cand unde foarte bine acum azi mâine ieri mereu niciodată totul nimic cine eu tu el ea
      noi voi ei lor meu mea tău ta al ale acest această asta atât doar după dupa până fără fara peste
      între eram era fost fi va vom mulțumesc multumesc îmi imi îți iti dacă daca așa asa`,
    common: '',
    parts: '-ție -ții -ului -ilor -ească -esc -ez -ează -ile -ul',
  },
  hu: {
    binding: `a az és hogy nem is van volt egy ez azt ezt de ha mint csak már meg még nagyon jó most ma holnap
      tegnap mindig soha mi te ő én ti ők mert vagy aki ami hol mikor miért lesz lenne kell lehet nincs
      vagyok minden semmi valami szép köszönöm szeretem kérem után előtt alatt között nélkül`,
    common: '',
    parts: '-ban -ben -nak -nek -val -vel -ság -ség -ott -ett -ból -ből -hoz -tam -tem -unk',
  },
  fi: {
    binding: `ja on ei se että ett olen olet ovat oli mutta kun niin kuin mitä mikä kuka missä miksi miten nyt
      tänään huomenna eilen aina myös vielä jo vain hyvä hyvin paljon minä sinä hän me te he minun sinun
      tämä tuo nämä kaikki mitään joka jos tai sekä ole olla voi pitää kiitos ihan kyllä siis mulla sulla`,
    common: '',
    parts: '-ssa -ssä -sta -stä -lla -llä -lle -ksi -inen -iset -nut -nyt -tään -taan -isen -aan -een -kaan',
  },
  tr: {
    binding: `bir ve bu da de çok cok için icin ne ile var yok mi mı mu gibi daha kadar ama sonra ben sen o biz
      siz onlar bana sana ona beni seni onu değil degil olan oldu olarak her şey sey şu hiç hic en iyi
      güzel guzel bugün bugun yarın dün şimdi simdi neden nasıl nasil kim nerede evet hayır hayir lütfen
      teşekkürler ya ki diye bile artık artik bence allah insan zaman gün`,
    common: '',
    parts: `-lar -ler -yor -yorum -dım -dim -mış -miş -ları -leri -ması -mesi -acak -ecek -ında -inde -lık -lik
      -dan -den`,
  },
  id: {
    binding: `yang dan di ini itu dengan untuk tidak ada dari ke saya aku kamu dia kita kami mereka akan bisa
      sudah udah belum lagi juga atau tapi karena kalau kalo jika apa siapa kenapa gimana bagaimana kapan
      dimana sangat banget hari besok kemarin sekarang selalu semua orang lebih pada oleh seperti jadi
      hanya saja aja ya gak ga nggak enggak tak yg dgn utk jangan bukan harus mau punya terima kasih
      selamat makasih nya dong sih deh kok`,
    common: '',
    parts: '-nya -kan -lah -kah -ngan -annya',
  },
  tl: {
    binding: `ang ng mga sa na ay ako ikaw siya kami tayo sila ko mo niya namin natin nila ito iyan yan yun hindi
      di wala may mayroon ba lang po opo naman pa din rin kasi dahil kung kapag pero at para ano sino saan
      kailan bakit paano lahat bukas kahapon ngayon lagi talaga gusto mahal salamat sana yung nga eh`,
    common: '',
    parts: '-ngan -han',
  },
  vi: {
    binding: `và là của có không cho một những các được này đó với trong để người tôi bạn anh em chị mình khi thì
      mà rất cũng như đã đang sẽ từ ra vào lại còn nhưng nếu vì sao gì ai đâu nào làm ngày hôm nay quá đi
      về nhiều`,
    common: '',
    parts: '',
  },
};

/** Letters beyond a to z, and the languages that write them. */
export const LATIN_LETTERS: Readonly<Record<string, string>> = {
  en: '',
  fr: 'éèàùçêâôîûëïœæ',
  de: 'äöüß',
  it: 'èàùòìé',
  pt: 'ãõçáàâéêíóôú',
  es: 'ñáéíóúü¿¡',
  hi: '',
  nl: 'ëïé',
  sv: 'åäöé',
  da: 'æøå',
  no: 'æøå',
  pl: 'łąęśżźćńó',
  cs: 'řěůžščýáíéúďťň',
  ro: 'ăâîșțşţ',
  hu: 'őűöüóáéíú',
  fi: 'äö',
  tr: 'ğışçöüâ',
  id: '',
  tl: '',
  vi: 'đơưăâêôạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹòèàùìáéíóúý',
};
