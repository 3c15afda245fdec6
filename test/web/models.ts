import type { LoginView } from '#hosted/api.ts';
import { stateOfCode, states } from '#hosted/states.ts';
import { en, zh } from '#hosted/words.ts';
import type { Boot } from '#web/hosted/boot.ts';
import { emptyLogin, type LoginModel } from '#web/hosted/login/login-desk.ts';
import { screenOf } from '#web/hosted/login/screen.ts';
import { type Card, choose } from '#web/hosted/model.ts';
import { beichen, bohai, key, type ScriptedKey } from './peers.ts';

/** A page in the middle of its story, without a browser. */
export const boot = (lang: 'zh' | 'en' = 'zh'): Boot => ({
  lang,
  host: 'hub.ca.example',
  words: lang === 'zh' ? zh : en,
  states,
  stateOfCode,
});

export const view = (patch: Partial<LoginView> = {}): LoginView => ({
  interaction: 'int_1',
  version: 1,
  state: 'claimed',
  platform: {
    name: '示例市公共资源交易中心电子交易系统',
    host: 'ggzy.shili.example',
    homeUrl: 'https://ggzy.shili.example/',
  },
  supportCode: 'K7Q4-2M9D',
  now: 0,
  expiresAt: 272_000,
  authorities: [beichen, bohai],
  mobile: null,
  delivery: null,
  error: null,
  next: null,
  ...patch,
});

export function card(patch: Partial<Card> = {}, judged: Partial<ScriptedKey['view']> = {}): Card {
  const one = key({}, judged);
  return {
    id: one.certificate,
    handle: one.key,
    label: one.label,
    pinEntry: 'page',
    pinRemaining: 6,
    loggedIn: false,
    able: true,
    reading: 'read',
    view: { ...one.view, key: one.key },
    opens: null,
    verdict: null,
    ...patch,
  };
}

export const model = (patch: Partial<LoginModel> = {}): LoginModel =>
  choose({ ...emptyLogin(false), hub: { kind: 'open' }, view: view(), agent: 'connected', keysRead: true, ...patch });

export const show = (patch: Partial<LoginModel> = {}, lang: 'zh' | 'en' = 'zh') => screenOf(model(patch), boot(lang));

/** The UKey road of a screen that has one. */
export function roadOf(screen: ReturnType<typeof show>) {
  if (screen.stage.kind !== 'key') throw new Error(`the stage is ${screen.stage.kind}`);
  return screen.stage.road;
}

/** The notice wherever it stands. */
export function noticeOf(screen: ReturnType<typeof show>) {
  const { stage } = screen;
  const notice = stage.kind === 'key' ? (stage.road.top ?? stage.road.notice) : stage.notice;
  if (notice === null) throw new Error(`no notice in ${screen.state}`);
  return notice;
}
