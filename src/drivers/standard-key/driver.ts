import type { Driver } from '../contract.ts';
import { atThePage } from './exchanges.ts';

/** A key at this PC (GM/T 0016 device, GM/T 0020 operations) reached by the hub's own agent, or by a vendor's program that speaks its protocol. */
export const standardKey: Driver = {
  manifest: {
    id: 'standard-key',
    title: '实体证书（UKey），经证书助手',
    contract: 1,
    media: ['key'],
    channels: ['auth', 'crypto', 'seal'],
    dialect: 'standard-key',
    pinWindow: true,
  },
  open: () => atThePage,
};

/**
 * A key at this PC reached by its vendor's own program with the SOF functions of GM/T 0020. No channel `crypto`: such a program opens a wrap for the page or not at
 * all, it cannot wrap what it opened to the hub's one-time key.
 */
export const sofService: Driver = {
  manifest: {
    id: 'sof-service',
    title: '实体证书（UKey），经机构自己的证书服务程序（SOF 接口）',
    contract: 1,
    media: ['key'],
    channels: ['auth', 'seal'],
    dialect: 'sof-service',
  },
  open: () => ({ auth: atThePage.auth, seal: atThePage.seal }),
};
