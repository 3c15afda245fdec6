import { z } from 'zod';
import { createGm } from '#crypto/provider.ts';
import type { Json } from '#kernel/json.ts';
import type { Driver, Evidence, ResumeEvent, Step } from '../contract.ts';
import { configSchema } from './config.ts';
import { sealFault } from './seal.ts';
import { createVendorApi, parse, reasonOf, STATUS, type TaskReport, taskReport } from './vendor-api.ts';

type Pending = Extract<Step<Evidence>, { step: 'pending' }>;

const stateSchema = z.strictObject({
  tid: z.string(),
  exchange: z.string(),
  content: z.string(),
  digits: z.string(),
  expiresAt: z.int(),
  status: z.enum(['waiting', 'scanned']),
  /** Where the vendor calls back: part of what its seal covers. */
  callbackPath: z.string(),
  /** Nonces of believed callbacks: they travel with the exchange, so a restart forgets none. */
  nonces: z.array(z.string()).max(64),
});
type State = z.output<typeof stateSchema>;

/** A certificate in the vendor's app: the page shows a QR code, the phone shows the same two digits and signs. */
export const mobileScan: Driver = {
  manifest: { id: 'mobile-scan', title: '移动证书（扫码）', contract: 1, media: ['mobile'], channels: ['auth'] },

  open(rawConfig, context) {
    const config = configSchema.parse(rawConfig);
    const gm = createGm();
    const vendor = createVendorApi(gm, config, context);

    async function resume(state: State, event: ResumeEvent): Promise<Step<Evidence>> {
      switch (event.from) {
        case 'vendor':
          return fromCallback(state, event.headers, event.body);
        case 'page':
        case 'poll':
          return fromPoll(state);
      }
    }

    async function fromPoll(state: State): Promise<Step<Evidence>> {
      const answer = await vendor.status(state.tid);
      if (answer.ok && answer.data.exchange === state.exchange) return outcome(state, answer.data);
      if (context.now() >= state.expiresAt) return expired;
      if (!answer.ok && answer.reason !== 'unavailable')
        return { step: 'refused', reason: answer.reason, detail: answer.detail };
      return pending(state); // the vendor stumbles: the code on the page stays good, its callback may still come
    }

    function fromCallback(state: State, headers: Readonly<Record<string, string>>, body: string): Step<Evidence> {
      const nonce = headers['x-vendor-nonce'] ?? '';
      const timestamp = headers['x-vendor-timestamp'] ?? '';
      const message = { method: 'POST', path: state.callbackPath, timestamp, nonce, body } as const;
      const fault = sealFault(gm, config.secret, message, headers['x-vendor-seal'] ?? '', context.now());
      if (fault) return { ...pending(state), ignored: fault };
      if (state.nonces.includes(nonce)) return { ...pending(state), ignored: 'replayed' };
      const report = parse(taskReport, body);
      if (report?.tid !== state.tid || report.exchange !== state.exchange) {
        return { ...pending(state), ignored: 'another task' };
      }
      return outcome({ ...state, nonces: [...state.nonces.slice(-63), nonce] }, report);
    }

    return {
      auth: {
        async begin(request) {
          const answer = await vendor.create(request);
          if (!answer.ok) return { step: 'refused', reason: answer.reason, detail: answer.detail };
          return pending({
            tid: answer.data.tid,
            exchange: request.exchange,
            content: answer.data.content,
            digits: request.digits,
            expiresAt: Math.min(answer.data.expiresAt, request.expiresAt),
            status: 'waiting',
            callbackPath: new URL(request.callbackUrl).pathname,
            nonces: [],
          });
        },
        resume: async (state: Json, event) => resume(stateSchema.parse(state), event),
      },
      health: async () => {
        const answer = await vendor.health();
        return { ok: answer.ok, detail: answer.ok ? '' : answer.detail };
      },
    };
  },
};

function outcome(state: State, report: TaskReport): Step<Evidence> {
  switch (report.status) {
    case STATUS.waiting:
      return pending(state); // never back from scanned: reports may overtake each other
    case STATUS.scanned:
      return pending({ ...state, status: 'scanned' });
    case STATUS.confirmed: {
      const { certificate, signature, text } = report;
      if (certificate === undefined || signature === undefined || text === undefined) {
        return { step: 'refused', reason: 'unavailable', detail: 'confirmed without evidence' };
      }
      return { step: 'done', value: { certificate, signature, text } };
    }
    case STATUS.cancelled:
      return { step: 'refused', reason: 'cancelled', detail: '' };
    case STATUS.expired:
      return expired;
    case STATUS.failed:
      return {
        step: 'refused',
        reason: reasonOf(report.reason ?? ''),
        detail: `vendor code ${report.reason ?? ''}`.slice(0, 60),
      };
  }
}

const expired = { step: 'refused', reason: 'expired', detail: '' } as const;

const pending = (state: State): Pending => ({
  step: 'pending',
  prompt: {
    kind: 'qr',
    content: state.content,
    digits: state.digits,
    expiresAt: state.expiresAt,
    status: state.status,
  },
  state,
});
