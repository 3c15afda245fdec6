import type { PageApi, PageError } from '#hosted/api.ts';

/** Route → request and answer, as src/hosted declares them. */
export type Routes<A> = {
  readonly [N in keyof A]: { request: unknown; answer: { ok: true } | { ok: false; error: PageError } };
};
export type Value<A extends Routes<A>, N extends keyof A> = Extract<A[N]['answer'], { ok: true }>;

export type Called<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly kind: 'refused'; readonly error: PageError }
  /** Too many at once; the same call may be made again after `afterMs`. */
  | { readonly ok: false; readonly kind: 'busy'; readonly error: PageError; readonly afterMs: number }
  /** No answer at all: network, proxy, restart. */
  | { readonly ok: false; readonly kind: 'lost' };

export interface Api<A extends Routes<A> = PageApi> {
  call<N extends keyof A & string>(name: N, request: A[N]['request']): Promise<Called<Value<A, N>>>;
  /** Where no cookie survives, the claim's secret: in memory, never in a URL or a store. */
  keepClaim(secret: string | null): void;
  readonly hasClaim: () => boolean;
  /** What identifies this page on requests that are no such call (a document's bytes). */
  readonly headers: () => Readonly<Record<string, string>>;
}

const ANSWER_WITHIN_MS = 20_000;
const BUSY = new Set(['RATE_LIMITED', 'SERVICE_BUSY']);

/** Same-origin POSTs under `folder`; a refusal is a value, so is silence. `hello`, which asks nothing of anybody, is one for all pages. */
export function createApi<A extends Routes<A> = PageApi>(fetcher: typeof fetch, folder = '/hosted/api'): Api<A> {
  let claim: string | null = null;
  return {
    keepClaim: (secret) => {
      claim = secret;
    },
    hasClaim: () => claim !== null,
    headers: () => claimHeader(claim),
    call: async (name, request) => {
      const response = await post(
        fetcher,
        name === 'hello' ? '/hosted/api/hello' : `${folder}/${name}`,
        request,
        claim,
      );
      if (response === null) return { ok: false, kind: 'lost' };
      const answer = await bodyOf(response);
      if (answer === null) return { ok: false, kind: 'lost' };
      if (answer.ok) return { ok: true, value: answer as never };
      if (!BUSY.has(answer.error.code)) return { ok: false, kind: 'refused', error: answer.error };
      return { ok: false, kind: 'busy', error: answer.error, afterMs: retryAfter(response) };
    },
  };
}

const claimHeader = (claim: string | null): Readonly<Record<string, string>> =>
  claim === null ? {} : { 'x-ca-claim': claim };

async function post(
  fetcher: typeof fetch,
  path: string,
  body: unknown,
  claim: string | null,
): Promise<Response | null> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), ANSWER_WITHIN_MS);
  try {
    return await fetcher(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...claimHeader(claim) },
      body: JSON.stringify(body),
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
      signal: limit.signal,
    });
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}

/** null where something between us and the hub answered in its place. */
async function bodyOf(response: Response): Promise<{ ok: true } | { ok: false; error: PageError } | null> {
  try {
    const body = (await response.json()) as { ok?: unknown; error?: PageError };
    if (body.ok === true) return body as { ok: true };
    return body.ok === false && typeof body.error?.code === 'string' ? { ok: false, error: body.error } : null;
  } catch {
    return null;
  }
}

/** `Retry-After` in seconds, 1 to 60; three without it. */
function retryAfter(response: Response): number {
  const seconds = Number(response.headers.get('retry-after') ?? '3');
  return Math.min(60, Math.max(1, Number.isFinite(seconds) ? seconds : 3)) * 1000;
}
