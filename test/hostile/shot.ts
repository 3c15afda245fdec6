import type { InterfaceName } from '#wire/interfaces.ts';
import type { Draw } from './draw.ts';

/** What an answer of this edge looks like. */
export type Kind = 'wire' | 'ext' | 'openings' | 'page' | 'door' | 'facts' | 'html' | 'file' | 'live';

/** One route with a request that would be right. */
export interface Target {
  readonly name: string;
  readonly kind: Kind;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  /** A fresh right body; undefined where the route takes none. */
  readonly members?: () => Record<string, unknown>;
  /** The right body of a route that takes bytes. */
  readonly content?: Buffer;
  /** Adds the `sign` that a registered unit would make of whatever the members have become. */
  readonly sign?: (members: Record<string, unknown>) => Record<string, unknown>;
  /** Puts a registered unit's proof over method, path and body into the headers, whatever they have become. */
  readonly prove?: (draft: Draft, draw: Draw) => void;
  readonly message?: InterfaceName;
  /** May be answered with a PDF. */
  readonly paper?: true;
}

/** A request on its way from right to wrong. Later stages overwrite what earlier ones made. */
export interface Draft {
  readonly target: Target;
  method: string;
  /** Request target as it stands on the wire, latin1. */
  path: string;
  version: string;
  headers: [string, string][];
  members: Record<string, unknown> | undefined;
  signed: boolean;
  text: string | undefined;
  body: Buffer | undefined;
  /** Body bytes as framed; default content-length. */
  frame: (body: Buffer) => { headers: [string, string][]; bytes: Buffer };
  readonly mutators: string[];
  /** The damage is in HTTP itself: the server may refuse it before any app is asked. */
  http: boolean;
}

export const header = (draft: Draft, name: string, value: string): void => {
  draft.headers = draft.headers.filter(([known]) => known.toLowerCase() !== name.toLowerCase());
  draft.headers.push([name, value]);
};

export const byLength = (body: Buffer): { headers: [string, string][]; bytes: Buffer } => ({
  headers: [['content-length', String(body.length)]],
  bytes: body,
});

/** The request's bytes. */
export function bytesOf(draft: Draft): Buffer {
  const framed = draft.body === undefined ? { headers: [], bytes: Buffer.alloc(0) } : draft.frame(draft.body);
  const lines = [...draft.headers, ...framed.headers].map(([name, value]) => `${name}: ${value}`);
  const version = draft.version === '' ? '' : ` ${draft.version}`;
  const head = [`${draft.method} ${draft.path}${version}`, ...lines, '', ''].join('\r\n');
  return Buffer.concat([Buffer.from(head, 'latin1'), framed.bytes]);
}
