/** pdf.js' second thread for Chromium 86. It is served with a policy of its own: no connection, no script from elsewhere. */
import './missing.ts';

export { WorkerMessageHandler } from 'pdfjs-dist/legacy/build/pdf.worker.mjs';

import './missing-after.ts';
