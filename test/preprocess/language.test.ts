import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { createLanguageTeller } from '../../src/preprocess/language.js';
import { normalise } from '../../src/preprocess/normalise.js';
import { anyText } from './any-text.js';

const SUPPORTED = ['ar', 'de', 'en', 'es', 'fr', 'hi', 'it', 'pt', 'zh'];
const teller = createLanguageTeller(SUPPORTED);
const tell = (text: string, hint?: string) => teller(normalise(text), hint);
const languageOf = (text: string, hint?: string) => tell(text, hint).language;

describe('languages that the model knows', () => {
  it.each([
    ['en', 'The battery of my new phone died after two days and nobody answers'],
    ['en', "I don't think it's worth the money, but the camera is great"],
    ['de', 'Der Akku ist nach zwei Tagen leer und der Kundendienst antwortet nicht'],
    ['fr', "La batterie est déjà morte et le service client ne répond pas, c'est nul"],
    ['it', 'La batteria è già scarica e il servizio clienti non risponde, che delusione'],
    ['pt', 'A bateria não dura nada e ninguém responde no atendimento, muito ruim'],
    ['es', 'La batería no dura nada y nadie contesta en atención al cliente, qué pena'],
    ['hi', 'इस फोन की बैटरी बहुत खराब है'],
    ['hi', 'yeh phone ki battery bilkul bekar hai yaar, koi sunta nahi'],
    ['ar', 'البطارية سيئة جدا وخدمة العملاء لا ترد'],
    ['zh', '今天买的新手机电池太差了，客服也不理人'],
    ['zh', '昨天入手了 NovaPhone 15 Pro Max，真的好用'],
    ['zh', '呢部手機電池好差，完全唔值得買'],
  ])('tells %s: %s', (language, text) => {
    expect(tell(text)).toEqual({ language, unsupported: false });
  });
});

describe('languages that the model does not know', () => {
  it.each([
    ['nl', 'De batterij is na twee dagen leeg en niemand geeft antwoord, dat is echt niet goed'],
    ['sv', 'Batteriet är slut efter två dagar och ingen svarar, det är inte bra'],
    ['pl', 'Bateria padła po dwóch dniach i nikt nie odpowiada, to jest bardzo słabe'],
    ['tr', 'Bu telefonun şarjı iki günde bitti ve kimse cevap vermiyor, çok kötü'],
    ['id', 'Baterai hp ini habis dalam dua hari dan tidak ada yang menjawab, kecewa banget'],
    ['cs', 'Baterie je po dvou dnech mrtvá a nikdo se neozývá, to není dobré'],
    ['ro', 'Bateria s-a terminat după două zile și nimeni nu răspunde, sunt foarte dezamăgit'],
    ['fi', 'Akku on loppu kahdessa päivässä eikä kukaan vastaa, tämä ei ole hyvä'],
    ['hu', 'Az akkumulátor két nap után lemerült és nem válaszol senki, ez nagyon rossz'],
    ['vi', 'Pin của điện thoại này hết sau hai ngày và không ai trả lời'],
    ['ja', '新しい携帯の電池がすぐ切れる、対応も悪い'],
    ['ko', '새 휴대폰 배터리가 너무 빨리 닳아요'],
    ['ru', 'Батарея села через два дня, и никто не отвечает, это очень плохо'],
    ['uk', 'Батарея сіла за два дні, і ніхто не відповідає'],
    ['fa', 'باتری این گوشی خیلی زود تمام می‌شود و کسی پاسخ نمی‌دهد'],
    ['ur', 'اس فون کی بیٹری بہت خراب ہے اور کوئی جواب نہیں دیتا'],
    ['th', 'แบตเตอรี่หมดเร็วมากและไม่มีใครตอบ'],
    ['el', 'Η μπαταρία τελειώνει πολύ γρήγορα'],
    ['he', 'הסוללה נגמרת מהר מדי'],
    ['ta', 'பேட்டரி மிகவும் மோசம்'],
  ])('tells %s: %s', (language, text) => {
    expect(tell(text)).toEqual({ language, unsupported: true });
  });

  it('follow from the list that it is given', () => {
    const knowsDutch = createLanguageTeller(['nl']);
    expect(knowsDutch('dit is een heel goede telefoon')).toEqual({ language: 'nl', unsupported: false });
    expect(knowsDutch('this is a very good phone').unsupported).toBe(true);
  });
});

describe('what cannot be told', () => {
  it.each(['NovaPhone 😍😍', '😂😂😂', '<3', '2024 !!!', '@nova http://t.co/x #wow', 'zzz'])(
    'is undetermined and read all the same: %s',
    (text) => {
      expect(tell(text)).toEqual({ language: 'und', unsupported: false });
    },
  );

  it('is unsupported in a script that no listed language uses', () => {
    expect(tell('ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ')).toEqual({ language: 'und', unsupported: true });
  });

  it('is unsupported where many Latin words hold no known one', () => {
    const invented = 'krolu bemif tazwu pilko vurda snegi frolp hutwa mebri zolkc dwurf pelgo kwitz';
    expect(tell(invented)).toEqual({ language: 'und', unsupported: true });
  });
});

describe('the hint of the source', () => {
  it('decides where the text says nothing', () => {
    expect(languageOf('NovaPhone 😍', 'de')).toBe('de');
    expect(languageOf('東京', 'ja')).toBe('ja');
    expect(languageOf('यह', 'mr-IN')).toBe('mr');
  });

  it('decides between languages that the text speaks for alike', () => {
    expect([languageOf('no', 'es'), languageOf('no', 'it')]).toEqual(['es', 'it']);
  });

  it.each([
    ['The battery died after two days', 'fr', 'en'],
    ['今天的电池太差了，客服也一直不理人', 'ja', 'zh'],
    ['البطارية سيئة جدا', 'en', 'ar'],
    ['NovaPhone', 'ja', 'und'],
    ['😂', 'de', 'und'],
  ])('does not outweigh %j, hinted as %s', (text, hint, language) => {
    expect(languageOf(text, hint)).toBe(language);
  });

  it.each(['pt', 'pt-BR', 'PT_br'])('may be written %s', (hint) => {
    expect(languageOf('Nova', hint)).toBe('pt');
  });

  it.each(['', '-', 'und', 'x-klingon', '🤷', '__proto__', 'constructor'])('is passed over as %j', (hint) => {
    expect(languageOf('Nova', hint)).toBe('und');
  });
});

describe('mixtures', () => {
  it('go by the script of most of the text', () => {
    expect(languageOf('NovaPhone真香')).toBe('zh');
    expect(languageOf('I love this restaurant so much 好')).toBe('en');
    expect(languageOf('超喜欢の东西')).toBe('zh');
  });

  it('leave mentions and addresses out', () => {
    expect(languageOf('@theone @andyou http://t.co/the 好的')).toBe('zh');
  });
});

it('takes any string', () => {
  fc.assert(
    fc.property(anyText, fc.option(fc.string(), { nil: undefined }), (text, hint) => {
      expect(teller(normalise(text), hint).language).toMatch(/^([a-z]{2}|und)$/);
      expect(teller(text, hint).language).toMatch(/^([a-z]{2}|und)$/);
    }),
  );
});

const data = join(import.meta.dirname, '../../../shared/data');

describe.skipIf(!existsSync(data))('real posts (skipped where there is no ../shared/data)', () => {
  const rowsOf = (file: string) => {
    const [header = '', ...lines] = readFileSync(join(data, file), 'utf8').trimEnd().split('\n');
    const names = header.split('\t');
    return lines.map((line) => {
      const cells = line.split('\t');
      return { text: cells[names.indexOf('text')] ?? '', language: cells[names.indexOf('language')] ?? '' };
    });
  };
  let tweets: ReturnType<typeof rowsOf>;
  beforeAll(() => {
    tweets = rowsOf('multilingual-tweets-umsab.tsv').filter((_, index) => index % 3 === 0);
  });
  const shareTold = (texts: readonly string[], language: string) =>
    texts.filter((text) => languageOf(text) === language).length / texts.length;

  it.each([
    ['en-semeval-2013-2016.tsv', 'en', 0.99],
    ['en-reddit-goemotions.tsv', 'en', 0.95],
    ['zh-weibo-ewect-dev.tsv', 'zh', 0.98],
  ])('%s is %s', (file, language, atLeast) => {
    const texts = rowsOf(file).flatMap(({ text }, index) => (index % 30 === 0 ? [text] : []));
    expect(shareTold(texts, language)).toBeGreaterThan(atLeast);
  });

  it.each([
    ['arabic', 'ar', 0.99],
    ['french', 'fr', 0.94],
    ['italian', 'it', 0.91],
    ['portuguese', 'pt', 0.92],
    ['spanish', 'es', 0.97],
    // Many German posts are two words long; the ones labelled Hindi are half in English.
    ['german', 'de', 0.77],
    ['hindi', 'hi', 0.5],
  ])('the tweets labelled %s are %s', (name, language, atLeast) => {
    const texts = tweets.filter((row) => row.language === name);
    expect(
      shareTold(
        texts.map(({ text }) => text),
        language,
      ),
    ).toBeGreaterThan(atLeast);
  });

  it('next to none in a supported language is taken for an unsupported one', () => {
    const wronged = tweets.filter(({ text }) => tell(text).unsupported);
    expect(wronged.length / tweets.length).toBeLessThan(0.01);
  });
});
