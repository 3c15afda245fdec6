import { toString as render } from 'qrcode';

/** SVG made by the hub from the vendor's content: whatever the vendor sends is drawn as dots, never served. */
export const qrSvg = (content: string): Promise<string> =>
  render(content, { type: 'svg', errorCorrectionLevel: 'M', margin: 2 });
