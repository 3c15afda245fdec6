import { createTally } from '#kernel/tally.ts';
import type { EdgeContext } from './context.ts';

/** Bodies that are here at the same time, arriving or waiting: each lies on the disk before anybody knows whose it is. */
export interface Presence {
  /** One more of this client's. Answers what ends it; undefined: too many of his, or of all. */
  enter(client: string): (() => void) | undefined;
}

/** `ofOne` bounds one client, so that nobody's slow ones are everybody's; `all` bounds the disk. Counted in this process. */
export function createPresence({ ofOne, all }: { readonly ofOne: number; readonly all: number }): Presence {
  const here = createTally();
  return {
    enter: (client) => (here.of(client) >= ofOne || here.total() >= all ? undefined : here.add(client)),
  };
}

/** Who is counted as one: an IPv4 address, or an IPv6 /64. Behind our own proxy the last X-Forwarded-For entry, the one the proxy wrote. */
export function clientKey(c: EdgeContext, trustProxy: boolean): string {
  const forwarded = trustProxy ? c.req.header('x-forwarded-for')?.split(',').at(-1)?.trim() : undefined;
  const address = forwarded || c.env?.incoming?.socket.remoteAddress || 'unknown';
  const plain = address.replace(/^::ffff:/, '');
  return plain.includes(':') ? plain.split(':').slice(0, 4).join(':') : plain;
}
