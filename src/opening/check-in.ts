import { type Bytes, base64, equalBytes, fromBase64, fromHex, hex } from '#kernel/bytes.ts';
import { beijingDateTime } from '#kernel/clock.ts';
import { HubError, refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Handle } from '#store/store.ts';
import { changed } from './changed.ts';
import type { Opening, Person } from './opening.ts';
import { openingOf, personOf } from './read-opening.ts';
import { changePerson, findOpening, findPerson } from './repository.ts';
import type { Room } from './room.ts';
import { wrongState } from './states.ts';

/** Custodians come from so long before the opening. */
export const CHECK_IN_MS = 60 * 60_000;

/** What an agent is asked to unwrap, and the point it wraps the result to again. */
export interface WrapForAgent {
  /** Base64, SM2 ciphertext to the person's encryption certificate. */
  readonly wrapped: string;
  /** 65-byte point, hex. */
  readonly to: string;
}

interface Test {
  readonly value: string;
  readonly key: string;
}

/**
 * A random value, wrapped like the person's share but never the share, and a key of this one test: what comes back shows that the token is here and works.
 * Asking again replaces the test. CHECK_IN_EARLY, OPENING_STATE, OFFICE_UNKNOWN.
 */
export async function beginCheckIn(room: Room, openingId: string, personId: string): Promise<Result<WrapForAgent>> {
  const { gm, vault, random, store } = room;
  const found = await officer(room, store.read, openingId, personId);
  if (!found.ok) return found;
  const value = random.bytes(32);
  const key = gm.sm2.generateKey();
  const test: Test = { value: hex(value), key: hex(gm.sm2.exportPrivate(key)) };
  const wrapped = await wrapFor(room, found.value.person, value);
  const sealed = vault.seal('opening_person', personId, 'test_sealed', test);
  await store.tx((tx) => changePerson(tx, personId, { test_sealed: sealed }));
  return ok({ wrapped: base64(wrapped), to: hex(key.publicKey.point) });
}

/** `wrapped`: base64, the value wrapped to the test's key by the agent. A test counts once. CHECK_IN_FAILED. */
export async function finishCheckIn(
  room: Room,
  openingId: string,
  personId: string,
  wrapped: string,
): Promise<Result<Person>> {
  const { gm, vault, store, clock } = room;
  const found = await officer(room, store.read, openingId, personId);
  if (!found.ok) return found;
  const row = await findPerson(store.read, openingId, personId);
  const failed = refused(refusal('CHECK_IN_FAILED'));
  if (row?.test_sealed == null) return failed;
  const test = vault.open<Test>('opening_person', personId, 'test_sealed', row.test_sealed);
  const key = gm.sm2.importPrivate(fromHex(test.key) ?? Buffer.alloc(0));
  const value = fromHex(test.value);
  if (key === undefined || value === undefined)
    throw new HubError('INTERNAL', 'a check-in test does not read any more');
  const came = await gm.sm2.decrypt(key, fromBase64(wrapped) ?? Buffer.alloc(0));
  const good = came.ok && equalBytes(came.plaintext, value);
  const { test_sealed: testSealed } = row;
  return store.tx(async (tx) => {
    const now = clock.now();
    const first = await changePerson(
      tx,
      personId,
      { test_sealed: null, ...(good && { checked_in_at: now }) },
      { testSealed },
    );
    if (!first || !good) return failed;
    const { person } = found.value;
    await room.events.record(tx, {
      openingId,
      kind: 'custodian.checked-in',
      actor: { kind: 'person', id: personId, name: person.name },
      body: { role: person.role, seat: person.seat },
      secrecy: 'public',
    });
    await changed(room, tx, openingId);
    return ok({ ...person, checkedInAt: now });
  });
}

const ROLES: readonly Person['role'][] = ['custodian', 'deputy', 'recovery'];

async function officer(
  { vault, clock }: Room,
  h: Handle,
  openingId: string,
  personId: string,
): Promise<Result<{ opening: Opening; person: Person }>> {
  const row = await findOpening(h, openingId);
  const personRow = await findPerson(h, openingId, personId);
  if (row === undefined || personRow === undefined || !ROLES.includes(personRow.role))
    return refused(refusal('OFFICE_UNKNOWN', { role: '托管人' }));
  const opening = openingOf(vault, row);
  const from = opening.opensAt - CHECK_IN_MS;
  if (clock.now() < from) return refused(refusal('CHECK_IN_EARLY', { time: beijingDateTime(from) }));
  if (opening.endedAt !== null) return refused(wrongState(opening.state));
  return ok({ opening, person: personOf(vault, personRow) });
}

export async function wrapFor({ gm }: Room, person: Person, value: Bytes): Promise<Bytes> {
  const key = person.encryptionCertificate?.key;
  if (key?.kind !== 'sm2') throw new HubError('INTERNAL', 'an office without an SM2 certificate');
  return gm.sm2.encrypt(key.publicKey, value);
}
