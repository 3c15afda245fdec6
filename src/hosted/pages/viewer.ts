import type { Assets } from '../assets.ts';

/** Where the document viewer's engine lies; into the boot data of a page with `viewer: true` in its policy. */
export interface ViewerEngine {
  readonly url: string;
  /** `sha384-…` */
  readonly integrity: string;
}

export const viewerEngine = (assets: Assets): ViewerEngine => ({
  url: assets.url('pdf.js'),
  integrity: assets.integrity('pdf.js'),
});
