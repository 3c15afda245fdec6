import { describe, expect, it } from 'vitest';
import { stateOfCode, states } from '#hosted/states.ts';
import { decryptWordsOf, en, fill, hallWordsOf, signWordsOf, type Words, zh } from '#hosted/words.ts';
import { validateWordsOf } from '#hosted/words-validate.ts';
import { catalogue } from '#kernel/catalogue.ts';

type Leaf = readonly [path: string, text: string];
const leaves = (tree: object, at = ''): Leaf[] =>
  Object.entries(tree).flatMap(([name, value]) =>
    typeof value === 'string' ? [[`${at}${name}`, value] as const] : leaves(value as object, `${at}${name}.`),
  );
/** Every sentence of every page: the shared ones, those of the hall, and where a page says its own instead. */
const all = (words: Words): Leaf[] => {
  const lang = words === en ? 'en' : 'zh';
  const { words: inHall, hall } = hallWordsOf(lang);
  const { words: inSigning, sign } = signWordsOf(lang);
  return [
    ...leaves({ ...words, codes: {} }),
    ...leaves({ ...decryptWordsOf(lang), codes: {} }, 'decryption: '),
    ...leaves({ ...inHall, codes: {} }, 'in the hall: '),
    ...leaves(hall, 'hall: '),
    ...leaves(validateWordsOf(lang), 'validate: '),
    ...leaves({ ...inSigning, codes: {} }, 'in signing: '),
    ...leaves(sign, 'signing: '),
  ];
};
const namesIn = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '').sort();

describe('the words of the pages', () => {
  it('say the same things in both languages, with the same blanks', () => {
    const chinese = new Map(all(zh));
    const english = new Map(all(en));
    expect([...english.keys()]).toEqual([...chinese.keys()]);
    const optional = (path: string, text: string) =>
      namesIn(text).filter((name) => !(name === 'authority' && path.endsWith('superseded.text')));
    for (const [path, text] of chinese)
      expect([path, optional(path, english.get(path) ?? '')]).toEqual([path, optional(path, text)]);
  });

  it('speak of signing on the signing page, and of no login but the vendor’s own', () => {
    const lands = [
      ['zh', /登录/],
      ['en', /log(ged|ging)? in|login/i],
    ] as const;
    for (const [language, login] of lands) {
      const { words, sign } = signWordsOf(language);
      const { login: _, ask, mobile, help: __, front: ___, protection: ____, diagnose: _____, ...rest } = words;
      const { purposeLogin: ______, after: _______, ...asks } = ask;
      const { page: ________, ...phones } = mobile;
      const said = leaves({ ...rest, asks, phones, sign }).filter(([, text]) => login.test(text));
      expect(said).toEqual([]);
      // What the hub's own sentence says of a login, this page says itself.
      for (const code of Object.keys(stateOfCode))
        if (catalogue[code as keyof typeof catalogue].zh.includes('登录')) expect(words.codes).toHaveProperty(code);
    }
  });

  it('speak in the hall of what is done there, and of no login but entering the hall and the vendor’s own', () => {
    const certificate = ['expired', 'not-yet-valid', 'superseded', 'cert-cancelled', 'sign-failed', 'pulled'] as const;
    const lands = [
      ['zh', /登录/],
      ['en', /log(ged|ging)? in|login/i],
    ] as const;
    for (const [language, login] of lands) {
      const { key, mobile, codes, state } = hallWordsOf(language).words;
      const { page: _, ...phones } = mobile;
      const said = leaves({ key, phones, codes, state: certificate.map((name) => state[name]) });
      expect(said.filter(([, text]) => login.test(text))).toEqual([]);
      // What the hub's own sentence says of a trading system's login, the hall says itself.
      for (const [code, name] of Object.entries(stateOfCode)) {
        const shared = catalogue[code as keyof typeof catalogue].zh;
        if (shared.includes('登录') && certificate.some((one) => one === name)) expect(codes).toHaveProperty(code);
      }
    }
  });

  it('never shout, blame, or leave a person without a time', () => {
    for (const [path, text] of all(zh)) {
      expect(`${path} ${text}`).not.toMatch(/！|!|非法|致命|异常|请稍后再试|点击确定|提交失败/);
      expect(`${path} ${text}`).not.toMatch(/"|[，。；：][A-Za-z]{0}\s{2}/);
    }
  });

  it('put one space between Chinese and Latin letters or figures', () => {
    for (const [path, text] of all(zh)) {
      const shown = text.replace(/\{\w+\}/g, '');
      if (path.endsWith('site.name')) continue;
      expect(`${path} ${shown.match(/[一-龥][A-Za-z0-9]|[A-Za-z0-9][一-龥]/g) ?? ''}`).toBe(`${path} `);
    }
  });

  it('use no wire words and no English inside Chinese sentences', () => {
    const allowed = /UKey|PIN|CA|App|Chrome|Edge|QQ|JavaScript|Cookie|English|https|PDF|OFD|SM3|MB|Delete/g;
    for (const [path, text] of all(zh)) {
      if (path.endsWith('lang')) continue;
      expect(
        `${path} ${
          text
            .replace(/\{\w+\}/g, '')
            .replace(allowed, '')
            .match(/[A-Za-z]{2,}/g) ?? ''
        }`,
      ).toBe(`${path} `);
    }
  });

  it('name what happened and what to do for every state', () => {
    for (const state of Object.keys(states)) {
      const words = zh.state[state as keyof typeof states];
      expect([state, words.title.length > 3, words.text.length > 3]).toEqual([state, true, true]);
    }
  });

  it('know every code that the states know, and translate only codes that exist', () => {
    const codes = new Set(Object.keys(catalogue));
    for (const code of [...Object.keys(stateOfCode), ...Object.keys(en.codes)]) expect(codes.has(code)).toBe(true);
    expect(zh.codes).toEqual({});
  });

  it('fill blanks and show nothing for an unknown one', () => {
    expect(fill('还可以再试 {n} 次{x}', { n: '3' })).toBe('还可以再试 3 次');
  });
});
