import type { AuthorityView } from '#hosted/api.ts';
import { type Boot, fill } from '../boot.ts';
import { type Card, isReady, type Model, offState } from '../model.ts';
import type { ServiceState } from '../services.ts';
import { lostService } from './missing.ts';
import {
  type Action,
  act,
  cardParams,
  go,
  type NoticeScreen,
  namesOf,
  notice,
  scanRoad,
  sentenceOf,
  supportOf,
  vendorLine,
} from './notices.ts';

/** Troubles between this page and the agent; each offers the other road. */
export function agentNotice(model: Model, boot: Boot): NoticeScreen | null {
  const { act: labels } = boot.words;
  const support = supportOf(model);
  const scan = scanRoad(model, boot);
  switch (model.agent) {
    case 'idle':
    case 'searching':
    case 'connected':
      return null;
    case 'ask': {
      const words = boot.words.state['lna-ask'];
      const actions = [act('connect', labels.connect, 'primary', { icon: 'usb' }), ...scan];
      return notice(boot, 'lna-blocked', {}, { title: words.title, text: [words.text], actions });
    }
    case 'asking':
      return notice(boot, 'lna-blocked', {}, { actions: [act('connect', labels.askAgain, 'primary'), ...scan] });
    case 'denied':
      return notice(
        boot,
        'lna-denied',
        {},
        {
          text: boot.words.state['lna-denied'].text.split('\n'),
          actions: [
            act('reconnect', labels.reconnect, 'primary'),
            ...(model.framed ? [] : [act('window', labels.newWindow)]),
            ...scan,
          ],
          support,
        },
      );
    case 'framed':
      // Claimed here, so a window of its own would come too late.
      return notice(
        boot,
        'framed',
        {},
        {
          text: [boot.words.state.framed.claimed],
          actions: scanRoad(model, boot, 'primary'),
          support,
        },
      );
    case 'not-paired':
      return notice(
        boot,
        'not-paired',
        { host: boot.host },
        { actions: [act('reconnect', labels.reconnect, 'primary'), ...scan], support },
      );
    case 'lost':
      return notice(boot, 'agent-lost', {}, { actions: [act('reconnect', labels.reconnect), ...scan], support });
    case 'none':
      return noAgent(model.view?.authorities ?? [], boot, scan, support);
  }
}

/** With one vendor the download is the button; with several, each has its own line with its hotline. */
function noAgent(
  authorities: readonly AuthorityView[],
  boot: Boot,
  scan: readonly Action[],
  support: string | null,
): NoticeScreen {
  const { act: labels } = boot.words;
  const makers = authorities.filter((authority) => authority.media.includes('key'));
  const [only] = makers;
  const again = act('again', labels.installed, makers.length === 1 ? 'plain' : 'primary', { icon: 'refresh' });
  if (makers.length === 1 && only !== undefined) {
    const download: Action = { label: labels.download, style: 'primary', icon: 'down', href: only.support.install };
    return notice(
      boot,
      'no-agent',
      {},
      { actions: [download, again, ...scan], vendors: [vendorLine(only, null, '')], support },
    );
  }
  const vendors = makers.map((authority) => vendorLine(authority, 'install', labels.download));
  return notice(boot, 'no-agent', {}, { actions: [again, ...scan], vendors, support });
}

export function pulledNotice(model: Model, boot: Boot): NoticeScreen | null {
  if (model.pulled === null) return null;
  const { card, since } = model.pulled;
  const lost = lostService(model, card);
  if (lost !== null && lost.view.vendors.length > 0) return lostNotice(model, boot, lost);
  const others = model.cards.some(isReady) ? [act('other', boot.words.act.other)] : [];
  return notice(boot, 'pulled', cardParams(model, boot, card), {
    timer: { text: boot.words.state.pulled.wait, from: since },
    actions: [...others, ...scanRoad(model, boot)],
    support: supportOf(model),
  });
}

/** Not the key was pulled: the vendor's program in front of it has gone. */
function lostNotice(model: Model, boot: Boot, { view: { vendors } }: ServiceState): NoticeScreen {
  const { key, act: labels } = boot.words;
  const name = namesOf(vendors, boot);
  const words = { title: fill(key.serviceLost, { name }), text: [key.serviceLostText] };
  return notice(
    boot,
    'agent-lost',
    {},
    {
      ...words,
      actions: [act('reconnect', labels.reconnect), ...scanRoad(model, boot)],
      vendors: vendors.map((vendor) => vendorLine(vendor, 'install', labels.downloadOf)),
      support: supportOf(model),
    },
  );
}

export function pinLastNotice(model: Model, boot: Boot, card: Card): NoticeScreen {
  const { act: labels } = boot.words;
  const scan = scanRoad(model, boot, 'primary');
  const authority = card.view?.authority ?? null;
  return notice(boot, 'pin-last', cardParams(model, boot, card), {
    actions: [act('pin-once', labels.pinOnce, 'danger'), ...scan, ...others(model, boot, card, scan.length === 0)],
    vendors: authority === null ? [] : [vendorLine(authority, 'unlock', labels.unlock)],
    support: supportOf(model),
  });
}

/** Why this certificate cannot be used, its vendor's hotline and the page that helps. */
export function cardNotice(model: Model, boot: Boot, card: Card): NoticeScreen {
  const state = offState(card) ?? card.verdict?.state ?? 'trouble';
  const { act: labels } = boot.words;
  const authority = card.view?.authority ?? null;
  const support = card.verdict?.error.supportCode ?? supportOf(model);
  const bare = notice(boot, state, cardParams(model, boot, card), { support });
  const line = (kind: 'renew' | 'unlock' | null, text = ''): Pick<NoticeScreen, 'vendors'> => ({
    vendors: authority === null ? [] : [vendorLine(authority, kind, text)],
  });
  const rest = [...others(model, boot, card, true), ...scanRoad(model, boot)];
  switch (state) {
    case 'expired':
      return {
        ...bare,
        ...line(null),
        actions: [
          ...go(labels.renew, authority?.support.renew, 'primary'),
          ...others(model, boot, card, false),
          ...scanRoad(model, boot),
        ],
      };
    case 'locked':
      return { ...bare, ...line('unlock', labels.unlock), actions: rest };
    case 'denied': {
      const register = go(labels.register, model.view?.platform.homeUrl, 'primary');
      return { ...bare, actions: [...register, ...others(model, boot, card, false), ...scanRoad(model, boot)] };
    }
    case 'superseded':
      return { ...bare, ...line('renew', labels.renew), actions: rest };
    case 'status-down':
      return {
        ...bare,
        ...line(null),
        actions: [
          act('again', boot.words.act.retry, 'primary', { icon: 'refresh' }),
          ...others(model, boot, card, false),
          ...scanRoad(model, boot),
        ],
      };
    case 'sign-failed':
    case 'trouble':
      return { ...bare, actions: scanRoad(model, boot) };
    default:
      return { ...bare, ...line(null), actions: rest };
  }
}

/** 换用渤海电子认证 · 尾号 03F7 */
function others(model: Model, boot: Boot, card: Card, primary: boolean): readonly Action[] {
  const other = model.cards.find((one) => one.id !== card.id && isReady(one));
  if (other === undefined || model.chosen === other.id) return [];
  const label = fill(boot.words.act.otherNamed, { authority: other.view?.authority?.name ?? '' });
  const tail = fill(boot.words.card.tail, { tail: other.view?.tail ?? '' });
  return [act('use', `${label}，${tail}`, primary ? 'primary' : 'plain', { value: other.id })];
}

/** What this page's own call was refused for, where it belongs to no certificate. */
export function troubleNotice(model: Model, boot: Boot): NoticeScreen | null {
  if (model.trouble === null) return null;
  const { state, error } = model.trouble;
  const params = { message: sentenceOf(boot, error), authority: '', tail: '' };
  const again = act('again', boot.words.act.retry, 'plain', { icon: 'refresh' });
  return notice(boot, state, params, {
    actions: [again, ...scanRoad(model, boot)],
    support: error?.supportCode ?? supportOf(model),
  });
}

/** Keys are plugged, and none of them shows a certificate. */
export function unusableNotice(model: Model, boot: Boot): NoticeScreen | null {
  const trouble = troubleNotice(model, boot);
  const reading = model.cards.some((card) => card.view === null && card.reading === 'reading');
  if (trouble !== null || reading || model.cards.length === 0) return trouble;
  const again = act('again', boot.words.key.again, 'primary', { icon: 'refresh' });
  return notice(boot, 'unreadable', {}, { actions: [again, ...scanRoad(model, boot)], support: supportOf(model) });
}
