import { z } from 'zod';
import {
  type AuthRequest,
  type CryptoRequest,
  type Evidence,
  keysAskedFor,
  purposeOf,
  type SealEvidence,
  type SealRequest,
  sealEvidenceOf,
  type UnwrappedKeys,
  type Wrap,
} from '../contract.ts';

/** What a vendor is asked to put before its person. `sign`: who signs documents here; `seal`: one signature for a document; the others open keys. */
export interface Order {
  readonly exchange: string;
  readonly purpose: 'login' | 'sign' | 'seal' | 'decrypt' | 'release' | 'rehearse';
  readonly text: string;
  readonly digits: string;
  readonly platformName: string;
  readonly expiresAt: number;
  readonly callbackUrl: string;
  /** Whose key opens or seals. */
  readonly certificate?: string;
  /** For keys to open. */
  readonly wraps?: readonly Wrap[];
  readonly replyKey?: string;
  readonly files?: number;
  /** For a seal; `toSign` stands for the document, which nobody but the hub and its own parties sees. */
  readonly toSign?: string;
  readonly digest?: string;
  readonly documentName?: string;
  readonly sealName?: string | null;
  readonly places?: number;
}

/** What a report of an order that the person has confirmed may bring. */
export const broughtShape = {
  certificate: z.string().exactOptional(),
  signature: z.string().exactOptional(),
  text: z.string().exactOptional(),
  /** Seals that the vendor keeps for this person and that he has chosen to bring along. */
  seals: z.array(z.string()).max(8).exactOptional(),
  /** Opened by the person's key and wrapped at once to the key that the order named: the vendor's server sees none of them. */
  keys: z
    .array(z.object({ id: z.string(), wrapped: z.string(), layout: z.string().exactOptional() }))
    .max(100)
    .exactOptional(),
};
const brought = z.object(broughtShape);
export type Brought = z.output<typeof brought>;

/** One channel of the contract: what is ordered, and what a confirmed order brings. undefined: not for this channel, not what was ordered. */
export interface Ordering<Request, Value> {
  order(request: Request): Order | undefined;
  valueOf(brought: Brought, wraps: readonly string[]): Value | undefined;
}

export const login: Ordering<AuthRequest, Evidence> = {
  order(request) {
    const purpose = purposeOf(request);
    return purpose === 'login' || purpose === 'sign' ? { ...common(request), purpose } : undefined;
  },
  valueOf: ({ certificate, signature, text, seals }) =>
    certificate === undefined || signature === undefined || text === undefined
      ? undefined
      : { certificate, signature, text, ...(seals !== undefined && { seals }) },
};

export const opening: Ordering<CryptoRequest, UnwrappedKeys> = {
  order(request) {
    const purpose = purposeOf(request);
    if (purpose !== 'decrypt' && purpose !== 'release' && purpose !== 'rehearse') return undefined;
    const { wraps, certificate, replyKey, files = wraps.length } = request;
    return { ...common(request), purpose, wraps, certificate, replyKey, files };
  },
  valueOf: ({ keys }, wraps) => keysAskedFor(keys, wraps),
};

/** Of a vendor whose people's keys are SM2: the signature is asked for in DER and nothing else. */
export const sealing: Ordering<SealRequest, SealEvidence> = {
  order(request) {
    if (purposeOf(request) !== 'sign' || request.algorithm !== 'sm2') return undefined;
    const { toSign, digest, certificate, documentName, sealName, places } = request;
    return { ...common(request), purpose: 'seal', toSign, digest, certificate, documentName, sealName, places };
  },
  valueOf: sealEvidenceOf,
};

const common = (request: AuthRequest | CryptoRequest): Omit<Order, 'purpose'> => {
  const { exchange, text, digits, platformName, expiresAt, callbackUrl } = request;
  return { exchange, text, digits, platformName, expiresAt, callbackUrl };
};
