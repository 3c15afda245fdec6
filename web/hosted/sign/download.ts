import type { SignBoot, SignDesk } from './sign-desk.ts';

/** Long enough for the browser to have taken the bytes. */
const KEEP_MS = 60_000;

/** Saves the document as it stands. It is fetched rather than linked to, because where no cookie survives a link would come without the claim. */
export async function download(desk: SignDesk, boot: SignBoot): Promise<void> {
  const { view, downloading } = desk.model();
  if (view === null || view.document === null || downloading) return;
  desk.change({ downloading: true, stays: true });
  const address = `${boot.documents}/${encodeURIComponent(view.interaction)}?v=${view.document.version}`;
  try {
    const response = await fetch(address, {
      headers: desk.api.headers(),
      credentials: 'same-origin',
      cache: 'no-store',
    });
    if (!response.ok) throw new Error('the document is gone');
    save(await response.blob(), view.made.length === 0 ? view.document.name : signedName(view.document.name, boot));
    desk.change({ downloading: false });
  } catch {
    desk.change({ downloading: false });
    desk.page.announce(boot.sign.end.removed);
  }
}

function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), KEEP_MS);
}

/** `投标函.pdf` → `投标函（已签章）.pdf` */
export function signedName(name: string, boot: Pick<SignBoot, 'sign'>): string {
  const base = name.replace(/\.pdf$/i, '');
  return `${base}${boot.sign.end.suffix}.pdf`;
}
