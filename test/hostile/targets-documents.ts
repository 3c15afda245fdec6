import { CONTROL_PATH } from '#broker/control.ts';
import { VALIDATE_PATH } from '#broker/documents.ts';
import { OFFLINE_PATH } from '#broker/offline.ts';
import { SEALS_PATH } from '#broker/seals.ts';
import { VERIFY_PATH } from '#broker/verify.ts';
import type { ControlPageApi } from '#hosted/control-api.ts';
import { FILE_NAME_HEADER, VALIDATE_PAGE_PATH } from '#hosted/validate-api.ts';
import { base64, utf8 } from '#kernel/bytes.ts';
import { plainPdf } from '#test/signature/pdf/base.ts';
import type { Prey } from './prey.ts';
import type { Target } from './shot.ts';
import { prover } from './targets-openings.ts';
import type { HostileWorld } from './world.ts';

/** Seals, documents, offline jobs, the control and the verification service, proved by headers; held against the apps' own tables of routes by a test. */
export function documentTargets(world: HostileWorld, { control, job, seal }: Prey): Target[] {
  const prove = prover(world, Date.now());
  const { certificate } = seal;
  const pdf = plainPdf([{}, {}, {}]);
  const one = `${SEALS_PATH}/${seal.id}`;
  const read = (name: string, path: string): Target => ({
    ...{ name, kind: 'openings', method: 'GET', path, headers: [], prove },
  });
  const write = (name: string, path: string, members: () => Record<string, unknown>): Target => ({
    ...{ name, kind: 'openings', method: 'POST', path, members, prove },
    headers: [['content-type', 'application/json']],
  });
  const bring = (name: string, path: string, ...headers: (readonly [string, string])[]): Target => ({
    ...{ name, kind: 'openings', method: 'POST', path, content: pdf, prove },
    headers: [['content-type', 'application/pdf'], ...headers],
  });
  const signature = base64(utf8('x'.repeat(70)));
  return [
    write('seals register', SEALS_PATH, () => ({ eseal: base64(utf8('no seal at all')) })),
    read('seals list', `${SEALS_PATH}?unitCode=91210102MA0UEX1236`),
    read('seals show', one),
    write('seals state', `${one}/state`, () => ({ act: 'suspend', reason: '盘点', certificate })),
    write('seals powers', `${one}/powers`, () => ({ act: 'grant', power: 'audit', holder: certificate, certificate })),
    write('seals uses', `${one}/uses`, () => ({ certificate, before: '2026-11-22T00:00:00Z' })),
    bring('documents validate', VALIDATE_PATH),
    { ...bring('documents report', VALIDATE_PATH, ['accept', 'application/pdf']), paper: true },
    write('offline create', OFFLINE_PATH, () => ({
      documentSm3: 'ab'.repeat(32),
      bytes: 1000,
      name: '函.pdf',
      hours: 1,
    })),
    read('offline status', `${OFFLINE_PATH}/${job}`),
    bring('offline result', `${OFFLINE_PATH}/${job}/result`),
    write('control open', CONTROL_PATH, () => ({
      ...{ orgcode: world.unit.orgcode, origin: world.unit.origin, operations: ['sign', 'verify'] },
      taskId: control.taskId,
    })),
    write('verify text', VERIFY_PATH, () => ({ text: '原文', signature, certificate })),
    write('verify digest', VERIFY_PATH, () => ({
      ...{ digest: { algorithm: 'sm3', value: 'ab'.repeat(32), of: 'content' }, signature, certificate },
      signerId: '1234567812345678',
    })),
  ];
}

/** The control's frame, by the cookie of the page that came first. */
export function controlSamples(
  world: HostileWorld,
  { control }: Prey,
): { [Route in keyof ControlPageApi]: () => ControlPageApi[Route]['request'] } {
  const { token, interaction } = control;
  const { certificate = '' } = world.keys[0] ?? {};
  const [content, signature] = [base64(utf8('投标函')), base64(utf8('x'.repeat(70)))];
  return {
    claim: () => ({ token }),
    grant: () => ({ interaction, nonce: 'ab'.repeat(32) }),
    certificates: () => ({ interaction, certificates: [{ key: 'k1', sign: certificate }] }),
    prepare: () => ({ interaction, certificate, content }),
    assemble: () => ({ interaction, certificate, content, signingTime: 1_795_000_000_000, signature, detached: true }),
    verify: () => ({ interaction, signature, content, certificate }),
    encrypt: () => ({ interaction, content, certificates: [certificate] }),
    locate: () => ({ interaction, envelope: content, certificate }),
    close: () => ({ interaction }),
  };
}

/** Anybody's door: no task, no cookie. */
export function validatePage(world: HostileWorld): Target[] {
  const door = (name: string, accept: string): Target => ({
    ...{ name, kind: 'page', method: 'POST', path: VALIDATE_PAGE_PATH, content: plainPdf([{}]) },
    headers: [
      ['content-type', 'application/pdf'],
      ['origin', world.prepared.hubUrl],
      ['sec-fetch-site', 'same-origin'],
      ['accept', accept],
      [FILE_NAME_HEADER, encodeURIComponent('投标函.pdf')],
    ],
  });
  return [
    door('page validate file', 'application/json'),
    { ...door('page validate paper', 'application/pdf'), paper: true },
  ];
}
