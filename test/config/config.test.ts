import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigFault, checkConfig, loadConfig } from '#config/config.ts';

const key = Buffer.alloc(32, 7).toString('base64');
const development = {
  mode: 'development',
  publicUrl: 'http://127.0.0.1:8300',
  database: { kind: 'sqlite', file: 'hub.db' },
  masterKeys: [{ id: 'dev', key }],
};
const faultsOf = (raw: unknown): readonly string[] => {
  try {
    checkConfig(raw, '/tmp');
    return [];
  } catch (error) {
    return (error as ConfigFault).faults;
  }
};

describe('the configuration', () => {
  it('fills documented defaults and resolves paths beside the file', () => {
    const config = checkConfig(development, '/srv/hub');
    expect(config.listen).toEqual({ host: '127.0.0.1', port: 8443 });
    expect(config.database).toEqual({ kind: 'sqlite', file: '/srv/hub/hub.db' });
    expect(config.masterKeys[0]?.key).toHaveLength(32);
  });

  it('reports all faults at once', () => {
    const faults = faultsOf({
      ...development,
      mode: 'development',
      publicUrl: 'http://a/b',
      listen: { port: 99_999 },
      colour: 'blue',
    });
    expect(faults.join('\n')).toMatch(/publicUrl[\s\S]*listen\.port[\s\S]*colour|colour[\s\S]*publicUrl|listen/);
    expect(faults.length).toBeGreaterThanOrEqual(3);
  });

  it('refuses development habits in production', () => {
    const faults = faultsOf({ ...development, mode: 'production' });
    expect(faults.join('\n')).toContain('https');
    expect(faults.join('\n')).toContain('keyFile');
    expect(faults.join('\n')).toContain('driverIsolation');
    expect(faultsOf({ ...development, mode: 'production', driverIsolation: 'process' }).join()).not.toContain(
      'driverIsolation',
    );
  });

  it('refuses a master key of another length, and both or neither way to give it', () => {
    expect(faultsOf({ ...development, masterKeys: [{ id: 'dev', key: 'AAAA' }] })).toEqual([
      'masterKeys.0：密钥应为 32 字节的 Base64',
    ]);
    expect(faultsOf({ ...development, masterKeys: [{ id: 'dev' }] }).join()).toContain('必须且只能给出一个');
  });

  it('says which file it could not find or read', () => {
    const folder = mkdtempSync(join(tmpdir(), 'caihub-config-'));
    try {
      expect(() => loadConfig(undefined, {})).toThrow(/--config/);
      expect(() => loadConfig(join(folder, 'none.json'), {})).toThrow(/不存在/);
      writeFileSync(join(folder, 'bad.json'), '{');
      expect(() => loadConfig(join(folder, 'bad.json'), {})).toThrow(ConfigFault);
      writeFileSync(join(folder, 'hub.json'), JSON.stringify(development));
      expect(loadConfig(undefined, { CAHUB_CONFIG: join(folder, 'hub.json') }).publicUrl).toBe('http://127.0.0.1:8300');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
