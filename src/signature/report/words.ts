import type { SignaturePlace } from '../pdf/signature-places.ts';
import type { Check, ReportNote, SealFacts } from './report.ts';

/** What people read in printed reports and on the command line. */

export const checkNames: Readonly<Record<Check['id'], string>> = {
  range: '覆盖范围',
  digest: '文件内容',
  value: '签名值',
  chain: '证书链',
  validity: '证书有效期',
  revocation: '吊销状态',
  algorithm: '密码算法',
  timestamp: '时间戳',
  seal: '电子印章',
  certification: '认证签名',
};

export const resultNames: Readonly<Record<Check['result'], string>> = {
  passed: '通过',
  failed: '未通过',
  unknown: '无法判定',
  'not-applicable': '不适用',
};

export const noteNames: Readonly<Record<ReportNote, string>> = {
  certified: '文件带有认证签名，限定了之后可以做的改动',
  form: '文件含有可填写的表单',
  javascript: '文件含有脚本，校验与显示时均不执行',
  layers: '文件含有可以显示或隐藏的图层',
  attachments: '文件含有附件，附件不在页面上显示',
  documents: '文件包内有多份文档，阅读软件可能只显示其中一份',
  versions: '文件包内存有多个版本，阅读软件可能显示另一个版本',
};

export const certificationNames: Readonly<Record<1 | 2 | 3, string>> = {
  1: '不允许任何改动',
  2: '允许填写表单和签名',
  3: '允许填写表单、签名和批注',
};

export function sealName({ name, generation }: SealFacts): string {
  switch (generation) {
    case 'image':
      return '印章图片，未经制章机构签名';
    case 'v1':
      return `${name}（GM/T 0031-2014）`;
    case 'v4':
      return `${name}（GB/T 38540-2020）`;
    case 'v5':
      return `${name}（GM/T 0031-2025）`;
  }
}

/** Where a stamp stands, as a sentence. */
export const placeText = ({ page, x, y, width, height }: SignaturePlace): string =>
  `第 ${page + 1} 页，左 ${x} 上 ${y}，${width} × ${height} 毫米`;
