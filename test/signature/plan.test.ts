import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KeptPlan } from '#signature/signing.ts';
import { openStore } from '#store/store.ts';
import { journalOf } from '#test/envelope/people.ts';
import { codeOf, type LoginWorld, openLoginWorld, unwrap } from '#test/identity/world.ts';
import { describeOnBothDatabases, quietLog } from '#test/support/store.ts';
import { plainPdf } from './pdf/base.ts';
import { enrolled, keyOf, piecesOf, type SigningKey, SigningPerson, start, startLocal } from './people.ts';

const plan = (change: Partial<KeptPlan> = {}): KeptPlan => ({
  ...{ version: 1, seals: [], straddle: null, invisible: false, chosen: null, page: 0, zoom: null, run: null },
  ...change,
});

describeOnBothDatabases('what a person has placed and not signed', ({ options }) => {
  let world: LoginWorld;
  let key: SigningKey;
  beforeAll(async () => {
    world = await openLoginWorld(await openStore(await options(), { log: quietLog }));
    key = keyOf(await enrolled(world));
  });
  afterAll(async () => {
    await world.close();
    await world.store.close();
  });

  const keep = (person: SigningPerson, interaction: string, kept: KeptPlan, revision = 0) =>
    world.signatures.keepPlan(person.visit(interaction), kept, revision);
  const column = async (interaction: string): Promise<string | null | undefined> => {
    const query = world.store.read.db.selectFrom('signing').select('plan_sealed');
    return (await query.where('interaction_id', '=', interaction).executeTakeFirst())?.plan_sealed;
  };
  async function proved(pages = 3) {
    const link = await start(world, plainPdf(Array.from({ length: pages }, () => ({}))));
    const person = new SigningPerson(world);
    await person.claim(link);
    const { seals } = unwrap(await person.identify(link.interaction, key));
    const [seal] = seals;
    if (seal === undefined) throw new Error('no seal');
    const places = [{ seal: seal.id, at: [[1, 20.5, 30] as const, [2, 10, 10] as const] }];
    const { width, height } = seal.picture;
    return { link, person, seal: seal.id, places, placement: { page: 1, x: 20.5, y: 30, width, height } };
  }

  it('is there when he comes again, sealed at rest, and no act of his in the journal', async () => {
    const { link, person, seal, places } = await proved();
    const before = await person.view(link.interaction);
    expect(before.plan).toEqual({ revision: 0, kept: null });
    const kept = plan({ seals: places, chosen: seal, page: 2, zoom: 1.25 });
    expect(unwrap(await keep(person, link.interaction, kept))).toBe(1);
    const again = await person.claim(link);
    expect(again.plan).toEqual({ revision: 1, kept });
    expect(again.interaction.version).toBe(before.interaction.version);
    expect(await column(link.interaction)).not.toContain(seal);
    expect(await journalOf(world, 'sign.planned', link.interaction)).toEqual([]);
  });

  it('is shown to nobody who has not proved himself, and kept by nobody but the bound browser', async () => {
    const link = await start(world, plainPdf([{}]));
    const person = new SigningPerson(world);
    expect((await person.claim(link)).plan).toBeNull();
    expect(codeOf(await keep(person, link.interaction, plan()))).toBe('SIGNER_UNPROVED');
    unwrap(await person.identify(link.interaction, key));
    expect(codeOf(await keep(new SigningPerson(world), link.interaction, plan()))).toBe('OTHER_BROWSER');
  });

  it('of two windows one is heard, and the other is told', async () => {
    const { link, person } = await proved();
    const told = await Promise.all([1, 2, 3].map((page) => keep(person, link.interaction, plan({ page }))));
    expect(told.map(codeOf).sort()).toEqual(['PLAN_CHANGED', 'PLAN_CHANGED', 'ok']);
    const present = (await person.view(link.interaction)).plan;
    expect(present?.revision).toBe(1);
    expect(unwrap(await keep(person, link.interaction, plan({ page: 9 }), 1))).toBe(2);
    expect(codeOf(await keep(person, link.interaction, plan(), 1))).toBe('PLAN_CHANGED');
  });

  it('goes on without what has been signed, under the version that carries it', async () => {
    const { link, person, seal, places, placement } = await proved();
    const straddle = { seal: 'another', from: 0, to: 2, centre: 148, each: 30 };
    const kept = plan({ seals: [...places, { seal: 'another', at: [[0, 1, 2]] }], straddle, run: { last: true } });
    unwrap(await keep(person, link.interaction, kept));
    unwrap(await person.prepare(link.interaction, { seal, placements: [placement] }));
    // A window that keeps its draft meanwhile neither breaks the signature nor brings the signed seal back.
    unwrap(await keep(person, link.interaction, { ...kept, page: 1 }, 1));
    const signed = unwrap(await person.answer(link.interaction, key, false));
    const left = { version: 2, page: 1, seals: [{ seal: 'another', at: [[0, 1, 2]] }], straddle };
    expect(signed.plan).toMatchObject({ revision: 2, kept: left });
    expect(codeOf(await keep(person, link.interaction, kept, 2))).toBe('DOCUMENT_CHANGED');
  });

  it('does not stand in the way of an answer that is given at the same time', async () => {
    const { link, person } = await proved();
    unwrap(await person.prepare(link.interaction));
    const [answer, kept] = await Promise.all([
      person.answer(link.interaction, key, false),
      keep(person, link.interaction, plan({ page: 1 })),
    ]);
    expect(codeOf(answer)).toBe('ok');
    expect(['ok', 'DOCUMENT_CHANGED']).toContain(codeOf(kept));
    expect((await person.view(link.interaction)).plan?.kept?.version ?? 2).toBe(2);
  });

  it('goes with the task: sent, cancelled, or begun anew under a fresh link', async () => {
    const sent = await proved();
    unwrap(await keep(sent.person, sent.link.interaction, plan({ seals: sent.places })));
    await sent.person.sign(sent.link.interaction, key);
    expect(await column(sent.link.interaction)).toBeNull();

    const cancelled = await proved();
    unwrap(await keep(cancelled.person, cancelled.link.interaction, plan({ seals: cancelled.places })));
    unwrap(await world.signatures.cancel(cancelled.person.visit(cancelled.link.interaction)));
    expect(await column(cancelled.link.interaction)).toBeNull();
    expect(codeOf(await keep(cancelled.person, cancelled.link.interaction, plan(), 1))).toBe('CANCELLED_BY_PERSON');

    const local = await startLocal(world);
    const person = new SigningPerson(world);
    await person.claim(local);
    unwrap(await world.signatures.putLocal(person.visit(local.interaction), piecesOf(plainPdf([{}])), '保函.pdf'));
    unwrap(await person.identify(local.interaction, key));
    unwrap(await keep(person, local.interaction, plan()));
    const fresh = await startLocal(world, { taskId: local.taskId });
    expect(await column(local.interaction)).toBeNull();
    expect((await person.claim(fresh)).plan).toBeNull();
  });

  it('follows its person into a window of its own; who he is he proves there', async () => {
    const { link, person, seal, places } = await proved();
    const kept = plan({ seals: places, chosen: seal });
    unwrap(await keep(person, link.interaction, kept));
    const visit = person.visit(link.interaction);
    const told = await Promise.all([world.signatures.moveOut(visit), world.signatures.moveOut(visit)]);
    expect(told.filter(({ ok }) => ok)).toHaveLength(1);
    const token = told.flatMap((one) => (one.ok ? [one.value] : []))[0] ?? '';
    expect(await journalOf(world, 'sign.moved', link.interaction)).toHaveLength(1);
    // The frame holds nothing any more, and its link is dead.
    expect(codeOf(await keep(person, link.interaction, kept, 1))).toBe('LINK_SUPERSEDED');
    expect(codeOf(await world.signatures.claim({ token: link.token }, person.secret))).toBe('LINK_SUPERSEDED');

    const own = new SigningPerson(world);
    const claimed = await own.claim({ ...link, token });
    expect(claimed).toMatchObject({ state: 'claimed', signer: null, seals: [], plan: null });
    expect(unwrap(await own.identify(link.interaction, key)).plan).toEqual({ revision: 1, kept });
    expect(codeOf(await world.signatures.claim({ token }, person.secret))).toBe('OTHER_BROWSER');
  });
});
