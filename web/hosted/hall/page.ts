import { byId, slot } from '../dom.ts';
import { drawNotice } from '../render/notice.ts';
import type { SheetPage } from '../render/sheet.ts';
import type { FormFields } from './acts.ts';
import type { HallBoot, HallPageView } from './hall-desk.ts';
import { drawBoard, drawCalm, drawHead, drawTools } from './render/main.ts';
import { drawDeeds, drawMine } from './render/mine.ts';
import { createPanel } from './render/panel.ts';
import { drawSide } from './render/side.ts';
import type { HallNotice } from './screen/hall-notices.ts';
import type { HallScreen } from './screen/screen.ts';

export interface HallPage extends SheetPage<HallPageView> {
  draw(screen: HallScreen): void;
  fields(): FormFields;
}

/** Draws the hall into the server's page; every part is rebuilt only when its own data has changed. */
export function createHallPage(boot: HallBoot): HallPage {
  const root = document.documentElement;
  const panel = createPanel(boot, byId('panel'));
  const side = slot<HallScreen['side']>(byId('side'), (shown) => (shown === null ? [] : drawSide(shown)));
  const head = slot<Pick<HallScreen, 'head' | 'seat'>>(byId('head'), (shown) => drawHead(shown.head, shown.seat));
  const notices = slot<readonly HallNotice[]>(byId('notices'), (shown) =>
    shown.map((one, at) => drawNotice(boot.words, one, at > 0)),
  );
  const body = slot<Pick<HallScreen, 'calm' | 'board' | 'mine'>>(byId('body'), ({ calm, board, mine }) => [
    ...(calm === null ? [] : drawCalm(boot, calm)),
    ...(board === null ? [] : drawBoard(boot, board)),
    ...(mine === null ? [] : drawMine(mine)),
  ]);
  const tools = slot<Pick<HallScreen, 'tools' | 'log'>>(byId('tools'), (shown) => drawTools(shown, boot.hall.log));
  const deeds = slot<HallScreen['mine']>(byId('deeds'), (mine) => (mine === null ? [] : drawDeeds(boot, mine)));
  return {
    draw: (screen) => {
      root.dataset['state'] = screen.state;
      root.dataset['role'] = screen.role;
      byId('loading').hidden = screen.state !== 'opening' && screen.state !== 'offline' ? true : screen.side !== null;
      byId('side').hidden = screen.side === null;
      side(screen.side);
      head({ head: screen.head, seat: screen.seat });
      notices([...screen.notices, ...(screen.mine?.notices ?? [])]);
      body({ calm: screen.calm, board: screen.board, mine: screen.mine });
      tools({ tools: screen.tools, log: screen.log });
      deeds(screen.mine);
      byId('deeds').hidden = screen.mine === null;
      panel.draw(screen.panel);
    },
    drawView: () => undefined,
    takePin: panel.take,
    focusPin: panel.focusPin,
    focusNotice: panel.focusNotice,
    fields: panel.fields,
    announce: (text) => {
      byId('announce').textContent = text;
    },
  };
}
