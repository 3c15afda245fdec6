import { resolve } from 'node:path';
import type { Threat } from './threats.ts';

export const PAGE = resolve(import.meta.dirname, 'THREATS.md');

/** THREATS.md, whole. */
export function pageOf(threats: readonly Threat[]): string {
  const claimed = threats.filter(({ status }) => status === 'claimed').length;
  return `# Threats

Generated from \`threats.ts\` by \`node test/threats/main.ts --write\`; a test fails when the two differ, and when a row names a test that is not
in the tree. After a whole run \`node test/threats/main.ts\` says which claimed rows are not green. Attackers: W web, N network, P trading
system, B bidder, V vendor or driver, I insider, L local page or process. ${claimed} of ${threats.length} rows are claimed.

| | Asset | Attack | Defence | Status | Tests |
|---|---|---|---|---|---|
${threats.map(rowOf).join('\n')}
`;
}

function rowOf({ id, asset, attack, defence, status, remains, tests }: Threat): string {
  const word = status === 'claimed' ? '**claimed**' : `later: ${status.later}`;
  const state = remains === undefined ? word : `${word}; not claimed: ${remains}`;
  const named = tests.map((test) => test.replace(/^(\S+) > (.*)$/s, '`$1` $2'));
  return `| ${[id, asset, attack, defence || '-', state, named.join('<br>') || '-'].map(cell).join(' | ')} |`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
