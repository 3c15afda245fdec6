import type { LoginSnapshot } from '#identity/view.ts';
import type { Result } from '#kernel/result.ts';
import { type HeldKey, type LoginWorld, newSecret, until, unwrap } from './world.ts';

/** One browser with its cookie, driving the room as the page's script does. */
export interface Person {
  readonly secret: string;
  claim(token: string): Promise<Result<LoginSnapshot>>;
  view(interaction: string): Promise<Result<LoginSnapshot>>;
  /** Challenge, signature, evidence. */
  prove(interaction: string, key: HeldKey): Promise<Result<LoginSnapshot>>;
  /** Waits for the end of the login. */
  end(interaction: string): Promise<LoginSnapshot>;
  /** All of it. */
  logIn(link: { interaction: string; token: string }, key: HeldKey): Promise<LoginSnapshot>;
}

export function person(world: LoginWorld, secret = newSecret()): Person {
  const { logins } = world;
  const self: Person = {
    secret,
    async claim(token) {
      const claimed = await logins.claim({ token }, secret);
      return claimed.ok ? { ok: true, value: claimed.value.view } : claimed;
    },
    view: (interaction) => logins.view({ interaction, secret }),
    async prove(interaction, key) {
      const challenge = await logins.challenge({ interaction, secret });
      if (!challenge.ok) return challenge;
      const signature = await key.sign(challenge.value.text);
      return logins.evidence({ interaction, secret }, { certificate: key.certificate, signature });
    },
    end: (interaction) =>
      until(async () => {
        const view = unwrap(await self.view(interaction));
        return view.state === 'claimed' || view.state === 'proved' ? undefined : view;
      }),
    async logIn({ interaction, token }, key) {
      unwrap(await self.claim(token));
      unwrap(await self.prove(interaction, key));
      return self.end(interaction);
    },
  };
  return self;
}

export function ticketOf(view: LoginSnapshot | undefined): string | undefined {
  return view?.next?.kind === 'redirect' ? (new URL(view.next.url).searchParams.get('ticket') ?? undefined) : undefined;
}
