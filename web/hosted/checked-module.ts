/**
 * Loads a module only if its bytes are the ones that the hub named. `import()` takes no integrity value, import maps with one need Chromium 127, and
 * a fetched blob would need `blob:` in the CSP. So: a module script element with `integrity` brings it first; the browser's module map then holds
 * exactly that module for this URL (or, where the hash differed, a failure), and `import()` of the same URL takes it from there without another
 * fetch. Works from Chromium 63. null: not loaded.
 */
export async function loadChecked<T>(url: string, integrity: string): Promise<T | null> {
  const address = new URL(url, location.origin);
  if (address.origin !== location.origin || !integrity.startsWith('sha384-')) return null;
  const checked = await new Promise<boolean>((resolve) => {
    const script = document.createElement('script');
    script.type = 'module';
    script.integrity = integrity;
    script.src = address.href;
    script.onload = () => resolve(true);
    script.onerror = () => resolve(false);
    document.head.append(script);
  });
  if (!checked) return null;
  try {
    return (await import(/* @vite-ignore */ address.href)) as T;
  } catch {
    return null;
  }
}
