import type { Driver, DriverManifest } from './contract.ts';
import { mobileScan } from './mobile-scan/driver.ts';
import type { Program } from './process.ts';
import { sofService, standardKey } from './standard-key/driver.ts';
import { vendorPage } from './vendor-page/driver.ts';

export interface InstalledDriver {
  readonly manifest: DriverManifest;
  /** A driver of this repository, opened inside the hub's own child program. */
  readonly driver?: Driver;
  /** Or any program that speaks messages.ts on stdin and stdout. */
  readonly program?: Program;
}

/** Every driver in the box. A new folder is installed by one line here and by nothing else. */
export const installed: readonly InstalledDriver[] = [standardKey, sofService, mobileScan, vendorPage].map(
  (driver) => ({
    manifest: driver.manifest,
    driver,
  }),
);
