import type { Answer, PageError } from '#hosted/api.ts';
import type { SignView } from '#hosted/sign-api.ts';
import type { SignBoot, SignDesk } from './sign-desk.ts';

/** Mode `local`: a file of this computer is laid before the hub, and is read back from there like any other document. */
export interface LocalFile {
  take(files: FileList | readonly File[]): void;
  stop(): void;
}

export function createLocalFile(desk: SignDesk, boot: SignBoot): LocalFile {
  let request: XMLHttpRequest | null = null;

  async function load(file: File): Promise<void> {
    if (file.size === 0) return desk.change({ upload: { at: 'bad', why: 'empty' } });
    const { view } = desk.model();
    if (view === null) return;
    if (file.size > view.largest) return desk.change({ upload: { at: 'too-big', size: file.size } });
    if (!(await isPdf(file))) return desk.change({ upload: { at: 'bad', why: 'notPdf' } });
    desk.change({ upload: { at: 'sending', name: file.name, sent: 0, all: file.size } });
    const answer = await put(file);
    request = null;
    if (answer === 'stopped') return desk.change({ upload: null });
    if (answer === null) return desk.change({ upload: { at: 'bad', why: 'failed' } });
    if (!answer.ok) return refused(answer.error);
    desk.change({ upload: null });
    desk.seen(answer.view);
  }

  function refused(error: PageError): void {
    const state = boot.stateOfCode[error.code];
    if (state !== undefined && boot.states[state].end) desk.change({ upload: null, fault: error });
    else desk.change({ upload: { at: 'refused', error } });
  }

  /** XMLHttpRequest, because `fetch` does not tell how much has gone. null: no answer of the hub's. */
  const put = (file: File): Promise<Answer<{ view: SignView }> | 'stopped' | null> =>
    new Promise((resolve) => {
      const sending = new XMLHttpRequest();
      request = sending;
      const interaction = desk.model().view?.interaction ?? '';
      sending.open('PUT', `${boot.documents}/${encodeURIComponent(interaction)}`);
      sending.responseType = 'json';
      sending.setRequestHeader('content-type', 'application/pdf');
      sending.setRequestHeader('x-document-name', encodeURIComponent(file.name));
      for (const [name, value] of Object.entries(desk.api.headers())) sending.setRequestHeader(name, value);
      sending.upload.onprogress = ({ loaded }) => {
        const { upload } = desk.model();
        if (upload?.at === 'sending') desk.change({ upload: { ...upload, sent: Math.min(loaded, upload.all) } });
      };
      sending.onload = () => resolve(answerOf(sending.response));
      sending.onerror = () => resolve(null);
      sending.onabort = () => resolve('stopped');
      sending.send(file);
    });

  return {
    take: (files) => {
      const [file] = files;
      const { view } = desk.model();
      if (file === undefined || request !== null || view?.mode !== 'local' || view.state !== 'claimed') return;
      if (view.made.length > 0) return;
      void load(file);
    },
    stop: () => request?.abort(),
  };
}

/** The header stands within the first kilobyte (ISO 32000-1, 7.5.2, note of Annex H); the hub judges the rest. */
async function isPdf(file: File): Promise<boolean> {
  const start = new Uint8Array(await file.slice(0, 1024).arrayBuffer());
  return String.fromCharCode(...start).includes('%PDF-');
}

function answerOf(body: unknown): Answer<{ view: SignView }> | null {
  if (typeof body !== 'object' || body === null) return null;
  const answer = body as { ok?: unknown; error?: { code?: unknown } };
  if (answer.ok === true) return body as Answer<{ view: SignView }>;
  return answer.ok === false && typeof answer.error?.code === 'string' ? (body as Answer<{ view: SignView }>) : null;
}
