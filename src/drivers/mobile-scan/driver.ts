import { createGm } from '#crypto/provider.ts';
import type { Driver } from '../contract.ts';
import { createExchange } from '../kit/exchange.ts';
import { login, opening, sealing } from '../kit/order.ts';
import { healthOf } from '../kit/service.ts';
import { configSchema } from './config.ts';
import { phoneVendor } from './vendor.ts';
import { createVendorApi } from './vendor-api.ts';

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
    const api = createVendorApi(gm, config, context);
    const vendor = phoneVendor({ gm, config, context, api });
    return {
      auth: createExchange(vendor, login, context),
      crypto: createExchange(vendor, opening, context),
      seal: createExchange(vendor, sealing, context),
      async encrypt(request) {
        const answer = await api.encrypt(request);
        return answer.ok
          ? { step: 'done', envelope: answer.data.envelope }
          : { step: 'refused', reason: answer.reason, detail: answer.detail };
      },
      health: async () => healthOf(await api.health()),
    };
  },
};
