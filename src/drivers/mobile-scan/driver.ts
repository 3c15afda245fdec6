import { createGm } from '#crypto/provider.ts';
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
import { createVendorApi, type TaskOrder } from './vendor-api.ts';

/** A certificate in the vendor's app: the phone signs a login or a document, or opens wrapped keys and wraps them anew to the hub's one-time key. */
export const mobileScan: Driver = {
  manifest: {
    id: 'mobile-scan',
    title: '移动证书（扫码）',
    contract: 1,
    media: ['mobile'],
    channels: ['auth', 'crypto', 'seal'],
    encrypts: true,
  },

  open(rawConfig, context) {
    const config = configSchema.parse(rawConfig);
    const gm = createGm();
    const vendor = createVendorApi(gm, config, context);
    const deps = { gm, config, context, vendor };
    return {
      auth: createExchange(deps, login),
      crypto: createExchange(deps, opening),
      seal: createExchange(deps, sealing),
      async encrypt(request) {
        const answer = await vendor.encrypt(request);
        return answer.ok
          ? { step: 'done', envelope: answer.data.envelope }
          : { step: 'refused', reason: answer.reason, detail: answer.detail };
      },
      health: async () => {
        const answer = await vendor.health();
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
  valueOf: ({ certificate, signature, text }) =>
    certificate === undefined || signature === undefined || text === undefined
      ? undefined
      : { certificate, signature, text },
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
    // A phone's key of this protocol is SM2: its signature is asked for in DER and nothing else.
    if (purposeOf(request) !== 'sign' || request.algorithm !== 'sm2') return undefined;
    const { toSign, digest, certificate, documentName, sealName, places } = request;
    return { ...common(request), purpose: 'seal', toSign, digest, certificate, documentName, sealName, places };
  },
  valueOf: sealEvidenceOf,
};

const common = (request: AuthRequest | CryptoRequest): Omit<TaskOrder, 'purpose'> => {
  const { exchange, text, digits, platformName, expiresAt, callbackUrl } = request;
  return { exchange, text, digits, platformName, expiresAt, callbackUrl };
};
