import type { Frame, Page } from 'playwright-core';

/** What a reader of the accessibility tree would stumble over; contrast by WCAG 2 from computed colours. `within`: the hub's own part of another site's page. */
export async function stumbles(page: Page | Frame, within: 'page' | 'frame' = 'page'): Promise<string[]> {
  return page.evaluate((whole) => {
    const found: string[] = [];
    const shown = (one: Element) => one instanceof HTMLElement && one.offsetParent !== null;
    const nameOf = (one: Element): string => {
      const labelled = one.getAttribute('aria-labelledby');
      const label = labelled === null ? '' : (document.getElementById(labelled)?.textContent ?? '');
      const forLabel = one.id === '' ? '' : (document.querySelector(`label[for="${one.id}"]`)?.textContent ?? '');
      return (
        one.getAttribute('aria-label') ??
        one.getAttribute('title') ??
        (label || forLabel || one.closest('label')?.textContent || one.textContent || '')
      ).trim();
    };
    for (const one of document.querySelectorAll('a, button, input, iframe, [role=radiogroup], nav, aside')) {
      if (shown(one) && nameOf(one) === '') found.push(`no name: ${one.outerHTML.slice(0, 80)}`);
    }
    for (const one of document.querySelectorAll('img')) if (!one.hasAttribute('alt')) found.push('img without alt');
    const ids = [...document.querySelectorAll('[id]')].map((one) => one.id);
    found.push(...ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `id twice: ${id}`));
    const headings = [...document.querySelectorAll('h1')].filter(shown);
    if (headings.length !== 1) found.push(`${headings.length} h1`);
    if (whole && document.querySelectorAll('main').length !== 1) found.push('main');
    const primaries = [...document.querySelectorAll('.btn--primary')].filter(shown);
    if (primaries.length > 1) found.push(`${primaries.length} primary buttons`);
    // Pages of a document are laid out by script, to the pixel.
    for (const one of document.querySelectorAll('[style], [onclick], [onload]'))
      if (one.closest('.pages__roll, .cutting, .seam') === null) found.push(`inline: ${one.outerHTML.slice(0, 60)}`);

    const channels = (colour: string) => (colour.match(/[\d.]+/g) ?? []).map(Number);
    const light = (colour: readonly number[]) => {
      const [r = 0, g = 0, b = 0] = colour.slice(0, 3).map((part) => {
        const s = part / 255;
        return s <= 0.03928 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (one: Element | null): readonly number[] => {
      for (let at = one; at !== null; at = at.parentElement) {
        const colour = channels(getComputedStyle(at).backgroundColor);
        if (colour.length === 3 || (colour[3] ?? 0) === 1) return colour;
      }
      return [255, 255, 255];
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const one = node.parentElement;
      if (
        one === null ||
        !shown(one) ||
        (node.textContent ?? '').trim() === '' ||
        one.closest('.vh, [disabled]') !== null
      )
        continue;
      const [a, b] = [light(channels(getComputedStyle(one).color)), light(behind(one))];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (ratio < 4.5) found.push(`contrast ${ratio.toFixed(2)}: ${(node.textContent ?? '').trim().slice(0, 20)}`);
    }
    return [...new Set(found)];
  }, within === 'page');
}
