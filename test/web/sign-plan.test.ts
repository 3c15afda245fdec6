import { describe, expect, it } from 'vitest';
import { besideHit, onWishedPage, wishedPoint } from '#web/hosted/sign/keyword.ts';
import { adjusted, groupsOf, jobsOf, placesOf, straddleWishes, usualStraddle } from '#web/hosted/sign/plan.ts';
import type { PlacedSeal, PlacingSeal } from '#web/hosted/sign/viewer/types.ts';

const company: PlacingSeal = { id: 'company', name: '公章', picture: '', width: 42, height: 42 };
const person: PlacingSeal = { id: 'person', name: '名章', picture: '', width: 20, height: 20 };
const at = (seal: PlacingSeal, page: number, x = 50, y = 60): PlacedSeal => ({
  id: `${seal.id}-${page}`,
  seal,
  page,
  x,
  y,
  width: seal.width,
  height: seal.height,
});
const a4 = (n: number) => Array.from({ length: n }, () => ({ width: 210, height: 297 }));
const bare = { placed: [], straddle: null, invisible: false };

describe('what is to be signed', () => {
  it('is one signature a seal, in the order in which the seals were put down', () => {
    const placed = [at(person, 0), at(company, 0), at(person, 3)];
    const jobs = jobsOf({ ...bare, placed });
    expect(jobs.map((job) => [job.seal, placesOf(job)])).toEqual([
      ['person', 2],
      ['company', 1],
    ]);
    expect(jobs[0]?.placements[1]).toEqual({ page: 3, x: 50, y: 60, width: 20, height: 20 });
  });

  it('takes the straddle seal into the signature of its own seal', () => {
    const straddle = usualStraddle(company, a4(6));
    const [one, two] = jobsOf({ ...bare, placed: [at(person, 0)], straddle });
    expect(one?.straddle).toBeNull();
    expect(two).toMatchObject({ seal: 'company', placements: [], straddle: { pages: [0, 1, 2, 3, 4, 5] } });
    expect(two?.straddle).not.toHaveProperty('each');
  });

  it('is a signature without a seal where the person wants none, whatever was placed', () => {
    const [only] = jobsOf({ ...bare, placed: [at(person, 0)], invisible: true });
    expect(only).toEqual({ seal: null, name: '', placements: [], straddle: null });
  });

  it('is nothing before something is placed', () => {
    expect(jobsOf(bare)).toEqual([]);
  });
});

describe('a straddle seal', () => {
  it('over many pages is several whole ones, as equal as can be', () => {
    const plan = usualStraddle(company, a4(31));
    expect(groupsOf(plan).map((group) => group.length)).toEqual([16, 15]);
    expect(straddleWishes(plan)[1]?.pages[0]).toBe(16);
    expect(jobsOf({ ...bare, straddle: plan })[0]?.straddle?.each).toBe(30);
  });

  it('never leaves a group with one page', () => {
    for (let pages = 2; pages < 200; pages += 1)
      for (const each of [3, 4, 7, 30]) {
        const sizes = groupsOf({ from: 0, to: pages - 1, each }).map((group) => group.length);
        expect(Math.min(...sizes)).toBeGreaterThanOrEqual(2);
        expect(Math.max(...sizes)).toBeLessThanOrEqual(each);
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(pages);
      }
  });

  it('stays on the pages whatever is typed', () => {
    const pages = [...a4(4), { width: 297, height: 100 }];
    const plan = adjusted(usualStraddle(company, pages), { from: -5, to: 900, centre: 900, each: 1 }, pages);
    expect(plan).toMatchObject({ from: 0, to: 4, centre: 79, each: 3 });
    expect(adjusted(plan, { from: 4 }, pages)).toMatchObject({ from: 3, to: 4 });
    expect(adjusted(plan, { to: 0 }, pages)).toMatchObject({ from: 0, to: 1 });
  });
});

describe('where the trading system wants the seal', () => {
  const hit = { page: 2, x: 60, y: 200, width: 20, height: 5, text: '投标人', before: '', after: '' };

  it('is a point', () => {
    expect(wishedPoint({ page: 2, x: 100, y: 200 }, company)).toEqual({ seal: company, page: 1, x: 100, y: 200 });
    expect(wishedPoint({ x: 10, y: 20 }, company)?.page).toBe(0);
    expect(wishedPoint({ page: 2 }, company)).toBeNull();
  });

  it('is beside a keyword: the seal begins where the words end', () => {
    expect(wishedPoint({ keyword: '投标人', x: 1, y: 1 }, company)).toBeNull();
    expect(besideHit(hit, company)).toMatchObject({ page: 2, x: 70 + 21, y: 200 });
    expect(onWishedPage([hit, { ...hit, page: 0 }], { keyword: '投标人', page: 3 })).toEqual([hit]);
    expect(onWishedPage([hit], { keyword: '投标人' })).toHaveLength(1);
  });
});
