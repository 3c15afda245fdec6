import { createGm } from '#crypto/provider.ts';
import { fromHex } from '#kernel/bytes.ts';
import {
  type AuthRequest,
  type CryptoRequest,
  type Driver,
  type Evidence,
  keysAskedFor,
  purposeOf,
  type SealEvidence,
  type SealRequest,
  sealEvidenceOf,
  type UnwrappedKeys,
} from '../contract.ts';
import { configSchema } from './config.ts';
import { type Channel, createExchange } from './exchange.ts';
import { createPageApi, type PageOrder } from './vendor-api.ts';

/**
 * A certificate that the vendor keeps for its person: he signs in on the vendor's own page, reads there what it is about, and confirms. Such a vendor can
 * open what is wrapped to its people's keys whenever it likes; the hub still gets nothing bare from it.
 */
export const vendorPage: Driver = {
  manifest: {
    id: 'vendor-page',
    title: '机构自有页面（在线证书与印章）',
    contract: 1,
    media: ['page'],
    channels: ['auth', 'crypto', 'seal'],
  },

  open(rawConfig, context) {
    const config = configSchema.parse(rawConfig);
    const gm = createGm();
    const returnKey = gm.sm2.importPublic(fromHex(config.returnKey) ?? new Uint8Array());
    if (returnKey === undefined) throw new RangeError('returnKey is no point of the curve');
    const deps = { gm, returnKey, context, vendor: createPageApi(gm, config, context) };
    return {
      auth: createExchange(deps, login),
      crypto: createExchange(deps, opening),
      seal: createExchange(deps, sealing),
      health: async () => {
        const answer = await deps.vendor.health();
        return { ok: answer.ok, detail: answer.ok ? '' : answer.detail };
      },
    };
  },
};

const login: Channel<AuthRequest, Evidence> = {
  order(request) {
    const purpose = purposeOf(request);
    return purpose === 'login' || purpose === 'sign' ? { ...common(request), purpose } : undefined;
  },
  valueOf: ({ certificate, signature, text, seals }) =>
    certificate === undefined || signature === undefined || text === undefined
      ? undefined
      : { certificate, signature, text, ...(seals !== undefined && { seals }) },
};

const opening: Channel<CryptoRequest, UnwrappedKeys> = {
  order(request) {
    const purpose = purposeOf(request);
    if (purpose !== 'decrypt' && purpose !== 'release' && purpose !== 'rehearse') return undefined;
    const { wraps, certificate, replyKey, files = wraps.length } = request;
    return { ...common(request), purpose, wraps, certificate, replyKey, files };
  },
  valueOf: ({ keys }, state) => keysAskedFor(keys, state.wraps),
};

const sealing: Channel<SealRequest, SealEvidence> = {
  order(request) {
    // The vendor's key of this protocol is SM2: its signature is asked for in DER and nothing else.
    if (purposeOf(request) !== 'sign' || request.algorithm !== 'sm2') return undefined;
    const { toSign, digest, certificate, documentName, sealName, places } = request;
    return { ...common(request), purpose: 'seal', toSign, digest, certificate, documentName, sealName, places };
  },
  valueOf: sealEvidenceOf,
};

const common = (request: AuthRequest | CryptoRequest): Omit<PageOrder, 'purpose'> => {
  const { exchange, text, digits, platformName, expiresAt, callbackUrl, returnUrl } = request;
  return { exchange, text, digits, platformName, expiresAt, callbackUrl, returnUrl };
};
