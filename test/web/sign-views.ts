import type { SealView, SignerView, SignView } from '#hosted/sign-api.ts';
import { beichen, bohai } from './peers.ts';

/** A round seal of a company, and the square one of its legal person, drawn for the eye. */
const round = (line: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100" width="400" height="400"><g fill="none" stroke="#c51f1f"><circle cx="50" cy="50" r="46" stroke-width="3"/><path id="p" d="M15.5 62.5a37 37 0 1 1 69 0" stroke="none"/></g><g fill="#c51f1f" font-family="Noto Serif CJK SC" font-weight="700"><path d="M50 33l4.7 12.1 13 .7-10.1 8.2 3.4 12.5L50 59.4 39 66.5l3.4-12.5-10.1-8.2 13-.7z"/><text font-size="10.5" text-anchor="middle" textLength="104" lengthAdjust="spacing"><textPath href="#p" startOffset="50%">辽宁示例建设有限公司</textPath></text><text x="50" y="82" font-size="9.5" text-anchor="middle">${line}</text></g></svg>`;
const SQUARE =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100" width="400" height="400"><rect x="6" y="6" width="88" height="88" fill="none" stroke="#c51f1f" stroke-width="5"/><g fill="#c51f1f" font-family="Noto Serif CJK SC" font-weight="700" font-size="36" text-anchor="middle"><text x="28" y="45">示</text><text x="70" y="45">例</text><text x="28" y="86">之</text><text x="70" y="86">印</text></g></svg>';

const picture = (svg: string): string => `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;

export const seal = (patch: Partial<SealView> = {}): SealView => ({
  id: 'seal-bid',
  name: '投标专用章',
  kind: 'ses',
  width: 42,
  height: 42,
  picture: picture(round(patch.name ?? '投标专用章')),
  validTo: '2026-10-17',
  usable: true,
  error: null,
  ...patch,
});

export const legalSeal = (patch: Partial<SealView> = {}): SealView => ({
  ...seal({ id: 'seal-legal', name: '法定代表人名章', width: 20, height: 20, picture: picture(SQUARE) }),
  ...patch,
});

export const signer = (patch: Partial<SignerView> = {}): SignerView => ({
  holder: '辽宁示例建设有限公司',
  kind: 'organisation',
  authority: beichen,
  tail: '91A4',
  notAfter: '2026-10-17',
  road: 'key',
  ...patch,
});

export const signView = (patch: Partial<SignView> = {}): SignView => ({
  interaction: 'int_0123456789abcdefghjkmnpqrs',
  version: 1,
  state: 'claimed',
  mode: 'document',
  platform: {
    name: '示例市公共资源交易中心电子交易系统',
    host: 'ggzy.shili.example',
    homeUrl: 'https://ggzy.shili.example/home',
  },
  supportCode: 'G422-7K4P',
  now: Date.now(),
  expiresAt: Date.now() + 1_694_000,
  authorities: [beichen, bohai],
  largest: 200 * 1024 * 1024,
  document: null,
  wish: null,
  demanded: null,
  signer: null,
  seals: [],
  prepared: null,
  made: [],
  plan: null,
  mobile: null,
  delivery: null,
  error: null,
  next: null,
  ...patch,
});
