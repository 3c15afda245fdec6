import type { Profile } from './world.ts';

/** Self time by part of the program, largest first, in percent of the time the process was not idle. */
export function areasOf(profile: Profile, root: string): { area: string; percent: number }[] {
  const parents = new Map<number, number>();
  for (const node of profile.nodes) for (const child of node.children ?? []) parents.set(child, node.id);
  const byId = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
  const areas = new Map<string, number>();
  let busy = 0;
  for (const [index, id] of profile.samples.entries()) {
    const area = areaOf(id);
    if (area === undefined) continue;
    const time = profile.timeDeltas[index] ?? 0;
    busy += time;
    areas.set(area, (areas.get(area) ?? 0) + time);
  }
  return [...areas]
    .map(([area, time]) => ({ area, percent: (time / busy) * 100 }))
    .sort((a, b) => b.percent - a.percent);

  /** A native function counts for the code that called it. */
  function areaOf(id: number): string | undefined {
    const { functionName, url } = byId.get(id) ?? { functionName: '', url: '' };
    if (functionName === '(idle)' || url === 'node:inspector') return undefined; // nothing, and the profiler itself
    if (functionName === '(garbage collector)') return 'garbage collection';
    if (functionName === '(program)') return 'native code outside JavaScript';
    if (url !== '') return nameOf(url, root);
    for (let at = parents.get(id); at !== undefined; at = parents.get(at)) {
      const above = byId.get(at)?.url ?? '';
      if (above !== '') return `${nameOf(above, root)}: native`;
    }
    return 'native code outside JavaScript';
  }
}

function nameOf(url: string, root: string): string {
  const packaged = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  if (packaged !== undefined) return packaged;
  const own = url.split(`${root}/src/`)[1];
  if (own !== undefined) return `src/${own.split('/')[0]}`;
  return url.startsWith('node:') ? url.split('/').slice(0, 2).join('/') : 'other';
}
