import { chainPart } from './chain.ts';
import { sm2Part, streamPart } from './crypto.ts';
import { documentsPart } from './documents.ts';
import type { Report } from './figures.ts';
import { loginPart } from './login.ts';
import { openingPart } from './opening.ts';
import type { Scale } from './scale.ts';
import { sealPart } from './seal.ts';
import { signPagePart } from './sign-page.ts';
import { startCheckPart } from './start-check.ts';
import { twoHubsPart } from './two-hubs.ts';

/** In the order of their letters; `login` prints both d and f. */
export const parts: Readonly<Record<string, (scale: Scale) => Promise<Report>>> = {
  sm2: sm2Part,
  streams: streamPart,
  chain: chainPart,
  login: loginPart,
  startcheck: startCheckPart,
  postgres: twoHubsPart,
  seal: sealPart,
  opening: openingPart,
  documents: documentsPart,
  'sign-page': signPagePart,
};
