import type * as Declared from './ca-hub.d.ts';
import { openControl } from './control.ts';
import { CaHubError } from './errors.ts';
import { version } from './version.ts';

/** What `/sdk/v1/ca-hub.mjs` exports and the global `CaHub` holds: just what `ca-hub.d.ts` declares. */
({ openControl, version }) satisfies Pick<typeof Declared, 'openControl' | 'version'>;

export { CaHubError, openControl, version };
