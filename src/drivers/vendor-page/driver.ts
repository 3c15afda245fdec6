import { createGm } from '#crypto/provider.ts';
import { fromHex } from '#kernel/bytes.ts';
import type { Driver } from '../contract.ts';
import { createExchange } from '../kit/exchange.ts';
import { login, opening, sealing } from '../kit/order.ts';
import { healthOf } from '../kit/service.ts';
import { configSchema } from './config.ts';
import { pageVendor } from './vendor.ts';
import { createPageApi } from './vendor-api.ts';

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
    const api = createPageApi(gm, config, context);
    const vendor = pageVendor({ gm, returnKey, context, api });
    return {
      auth: createExchange(vendor, login, context),
      crypto: createExchange(vendor, opening, context),
      seal: createExchange(vendor, sealing, context),
      health: async () => healthOf(await api.health()),
    };
  },
};
