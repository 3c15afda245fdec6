/** The viewer on a page of its own, for tests and the bench; everything that it says is kept. */
import { createReader } from '#web/hosted/sign/viewer/reader.ts';
import { createViewer, type PlacedSeal, type ViewerOptions } from '#web/hosted/sign/viewer/viewer.ts';

const boot = JSON.parse(document.getElementById('boot')?.textContent ?? '{}') as {
  engine: ViewerOptions['engine'];
  words: ViewerOptions['words'];
  readOnly: boolean;
  /** Opened at once, as the signing page does. */
  open: string | null;
};
const said = {
  pages: [] as readonly { width: number; height: number }[],
  first: 0,
  faults: [] as string[],
  page: -1,
  places: [] as readonly PlacedSeal[],
  armed: null as string | null,
  selected: null as string | null,
};
const host = document.querySelector<HTMLElement>('#host') ?? document.body;
// The window's whole room; by script, since the policy forbids styles in the page.
Object.assign(host.style, { position: 'fixed', top: '0', left: '0', right: '0', bottom: '0', display: 'flex' });
const options: ViewerOptions = {
  engine: boot.engine,
  words: boot.words,
  onPages: (sizes) => {
    said.pages = [...sizes];
  },
  onFirstPage: () => {
    said.first = performance.now();
  },
  onPage: (page) => {
    said.page = page;
  },
  onFault: (kind) => {
    said.faults.push(kind);
  },
  onPlaces: (places) => {
    said.places = places;
  },
  onSelect: (id) => {
    said.selected = id;
  },
  onArmed: (seal) => {
    said.armed = seal?.id ?? null;
  },
};
const viewer = boot.readOnly ? createReader(host, options) : createViewer(host, options);
Object.assign(window, { viewer, said });
if (boot.open !== null) void viewer.open({ url: boot.open });
