import type { PageError } from '#hosted/api.ts';
import { type Boot, readBoot } from './boot.ts';
import { endOfFault } from './sign/embedder.ts';
import { openLine } from './sign/line.ts';

/** The page in the place of the signing page whose link cannot be used: in a frame it tells the page around so. */
interface FaultBoot extends Pick<Boot, 'stateOfCode'> {
  readonly embedders: readonly string[];
  readonly fault: PageError;
}

const boot = readBoot<FaultBoot>();
document.documentElement.dataset['island'] = 'sign-fault';
const line = openLine(boot.embedders, () => line.end(endOfFault(boot, boot.fault)));
