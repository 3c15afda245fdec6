import type { Icon, Tone, TroubleState } from '#hosted/states.ts';
import type { IslandWords, Language } from '#hosted/words.ts';

/** What the server hands to every island in the page's data block. */
export interface Boot {
  readonly lang: Language;
  /** Host of the hub as the address bar shows it. */
  readonly host: string;
  readonly words: IslandWords;
  readonly states: Readonly<Record<TroubleState, { readonly tone: Tone; readonly icon: Icon; readonly end?: true }>>;
  readonly stateOfCode: Readonly<Record<string, TroubleState | undefined>>;
}

/** From the path: the page token of a first visit, or the interaction of a reload. */
export type PageLink = { readonly token: string } | { readonly interaction: string };

/** A page that an interaction was opened for. */
export interface LinkBoot extends Boot {
  readonly link: PageLink;
}

export function readBoot<T>(): T {
  return JSON.parse(document.getElementById('boot')?.textContent ?? '{}') as T;
}

/** `{name}` filled in; an unknown name shows as nothing. */
export const fill = (text: string, params: Readonly<Record<string, string>>): string =>
  text.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '');
