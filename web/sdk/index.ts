import type * as Declared from './ca-hub.d.ts';
import { openControl } from './control.ts';
import { CaHubError } from './errors.ts';
import { openSigning } from './signing.ts';
import { version } from './version.ts';

/** What `/sdk/v1/ca-hub.mjs` exports and the global `CaHub` holds: just what `ca-hub.d.ts` declares. */
({ CaHubError, openControl, openSigning, version }) satisfies typeof Declared;

export { CaHubError, openControl, openSigning, version };
