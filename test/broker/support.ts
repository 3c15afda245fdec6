import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hono } from 'hono';
import { createJournal } from '#audit/journal.ts';
import { createBroker } from '#broker/broker.ts';
import { encodeLoginVerified } from '#broker/encode-login-verified.ts';
import { createGm } from '#crypto/provider.ts';
import { createEgress } from '#delivery/egress.ts';
import { createOutbox } from '#delivery/outbox.ts';
import { createDriverHosts } from '#drivers/host.ts';
import { createAuthorities } from '#drivers/repository.ts';
import { createTrust } from '#drivers/trust.ts';
import { createEnvelopes } from '#envelope/envelopes.ts';
import { noCapsules } from '#envelope/no-capsules.ts';
import { companies } from '#fixtures/pki/identities.ts';
import { type EdgeEnv, requestContext } from '#http/context.ts';
import { createPresence } from '#http/presence.ts';
import { type RunningServer, startServer } from '#http/server.ts';
import { createLogins } from '#identity/logins.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Json, JsonObject } from '#kernel/json.ts';
import { createLog, type Logger } from '#kernel/log.ts';
import { systemRandom } from '#kernel/random.ts';
import { Secret } from '#kernel/secret.ts';
import { createRelyingParties, type RelyingParties, type UnitInput } from '#relying-party/relying-parties.ts';
import { createSignatures, type Signatures } from '#signature/signatures.ts';
import { createFieldCipher } from '#store/field-cipher.ts';
import { createKeyring } from '#store/keys.ts';
import { createSealedFiles, type SealedFiles } from '#store/sealed-files.ts';
import { openStore, type Store } from '#store/store.ts';
import { createSeals } from '#subscriber/seals/library.ts';
import { createSubscribers } from '#subscriber/subscribers.ts';
import { type Desk, openDesk, recordOf, unwrap } from '#test/subscriber/support.ts';

import type { InterfaceName } from '#wire/interfaces.ts';
import { interfaceOf } from '#wire/interfaces.ts';
import { type SignProfile, signMembers } from '#wire/sign.ts';

export const gm = createGm();
export type Body = Record<string, Json>;
const plain: SignProfile = { sign: 'hmac-sm3', allMembers: false };

/** A trading system's programmer: knows an id and a secret, signs and posts. */
export interface Caller {
  readonly id: string;
  readonly secret: Secret<string>;
  readonly fileKey: Secret<string>;
  sign(name: InterfaceName, members: Body, profile?: SignProfile): string;
  /** Signed and posted; the parsed answer. */
  call(name: InterfaceName, members: Body, profile?: SignProfile): Promise<Body>;
}

/** The whole API over a real socket, a real database, real vendors' lists. */
export interface World {
  readonly url: string;
  readonly store: Store;
  readonly clock: Desk['clock'];
  readonly parties: RelyingParties;
  readonly desk: Desk;
  readonly logLines: string[];
  readonly encode: ReturnType<typeof encodeLoginVerified>;
  readonly signatures: Signatures;
  readonly files: SealedFiles;
  /** Sealed files on disk, those of this moment's requests included. */
  filesLeft(): number;
  caller(input?: Partial<UnitInput>): Promise<Caller>;
  /** Members of userSynchro for a fresh key, without sign. */
  subject(caller: Caller, changes?: Body): Promise<Body>;
  post(path: string, body: string | Uint8Array, headers?: Record<string, string>): Promise<Response>;
  close(): Promise<void>;
}

export async function openWorld(): Promise<World> {
  const logLines: string[] = [];
  const log: Logger = createLog('info', { write: (line: string) => void logLines.push(line) });
  const store = await openStore({ kind: 'sqlite', file: ':memory:' }, { log });
  const desk = await openDesk(store);
  const clock: Clock = desk.clock;
  const random = systemRandom;
  const keyring = createKeyring(gm, [{ id: 'k2', key: random.bytes(32) }]);
  const cipher = createFieldCipher(gm, keyring, random);
  const parties = createRelyingParties({ store, cipher, clock, random, mode: 'development' });
  const authorities = createAuthorities({ store, cipher, gm, clock });
  const egress = createEgress({ log });
  const trust = createTrust({ store, gm, authorities, egress, clock, log });
  const journal = createJournal({ gm, clock });
  const subscribers = createSubscribers({ store, cipher, gm, trust, journal, clock, random });
  const drivers = createDriverHosts({ authorities, egress, clock, random, log, installed: [] });
  const pages = {
    ...{ store, gm, cipher, keyring, clock, random, log, journal, authorities, trust, subscribers, drivers },
    outbox: createOutbox({ cipher, clock, random }),
    relyingParties: parties,
    publicUrl: 'https://hub.ca.example',
    signingKey: gm.sm2.generateKey(),
    publish: () => undefined,
  };
  const logins = createLogins(pages);
  const envelopes = createEnvelopes({ ...pages, capsules: noCapsules });
  const dir = mkdtempSync(join(tmpdir(), 'broker-files-'));
  const files = createSealedFiles({ dir, gm, random });
  const seals = createSeals({ ...pages, sealMakers: [] });
  const signatures = createSignatures({ ...pages, seals, files, egress, timeAuthority: null, timeAuthorities: [] });
  const app = new Hono<EdgeEnv>();
  app.use(requestContext({ random, https: false }));
  const signing = { signatures, files, presence: createPresence({ ofOne: 8, all: 12 }) };
  const rooms = { subscribers, logins, envelopes, signing };
  app.route('/', createBroker({ store, gm, clock, log, relyingParties: parties, trustProxy: true, ...rooms }));
  const server: RunningServer = await startServer({ fetch: (r, env) => app.fetch(r, env), host: '127.0.0.1', port: 0 });

  const post: World['post'] = (path, body, headers = { 'content-type': 'application/json' }) =>
    fetch(`${server.url}${path}`, { method: 'POST', body: body as BodyInit, headers });

  async function caller(input: Partial<UnitInput> = {}): Promise<Caller> {
    const { unit, secret, fileKey } = unwrap(
      await store.tx((tx) => parties.addUnit(tx, { name: '示例交易系统', ...input })),
    );
    const platform = { unitId: unit.id, orgcode: '210000', name: '示例平台', callbackBase: 'http://localhost:9/app' };
    const returnUrls = ['http://localhost:9/app/back', 'http://localhost:9/app/other'];
    unwrap(await store.tx((tx) => parties.addPlatform(tx, { ...platform, returnUrls })));
    const sign: Caller['sign'] = (name, members, profile = plain) => signAs(secret, name, members, profile);
    return {
      id: unit.id,
      secret,
      fileKey,
      sign,
      async call(name, members, profile) {
        const body = JSON.stringify({ ...members, sign: sign(name, members, profile) });
        return (await (await post(interfaceOf(name).path, body)).json()) as Body;
      },
    };
  }

  return {
    url: server.url,
    store,
    clock: desk.clock,
    parties,
    desk,
    logLines,
    encode: encodeLoginVerified({ store, gm, clock, relyingParties: parties }),
    signatures,
    files,
    filesLeft: () => readdirSync(dir, { recursive: true, withFileTypes: true }).filter((one) => one.isFile()).length,
    caller,
    async subject(by, changes = {}) {
      const record = recordOf(await desk.key(), companies.liaoning);
      return {
        caUnitId: by.id,
        userName: record.userName,
        idType: record.idType,
        idNumber: record.idNumber,
        unitName: record.unitName,
        unitCode: record.unitCode,
        signCert: record.signCertificate,
        encCert: record.encryptionCertificate,
        signCertSn: record.signSerial,
        encCertSn: record.encryptionSerial,
        certEndTime: record.endTime,
        legalName: record.legalName,
        legalIdcard: record.legalIdNumber,
        signature: record.seal,
        ...changes,
      };
    },
    post,
    async close() {
      await server.close();
      await drivers.stop();
      await trust.stop();
      egress.close();
      await desk.close();
      await store.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Signs the printed members of one interface, or all of them. */
export function signAs(
  secret: Secret<string>,
  name: InterfaceName,
  members: Body,
  profile: SignProfile = plain,
): string {
  const printed = new Set(interfaceOf(name).request.map((field) => field.name));
  const signed = Object.entries(members)
    .filter(([member, value]) => (profile.allMembers || printed.has(member)) && value !== null)
    .map(([member, value]) => [member, String(value)] as const);
  return signMembers(gm, profile, secret, signed);
}

export const startCheck = (caller: Caller, changes: Body = {}): Body => ({
  caUnitId: caller.id,
  taskId: `T${Math.floor(performance.now() * 1000)}`,
  orgcode: '210000',
  ...changes,
});

export const codeOf = (answer: JsonObject): string => /code=(\w+)/.exec(String(answer['errData'] ?? ''))?.[1] ?? 'ok';
export const stranger = new Secret('not-the-secret-of-anybody');
