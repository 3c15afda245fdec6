/** What the document viewer says, mostly to people who do not see it. */
export const zhViewer = {
  region: '文件内容，共 {pages} 页',
  page: '第 {page} 页',
  placed: '{name}，第 {page} 页，距左 {x} 毫米，距上 {y} 毫米',
  placedHelp: '方向键移动 1 毫米，按住 Shift 移动 0.2 毫米，PageUp 与 PageDown 换页，Delete 移除',
  tip: '{width} × {height} mm　X {x}　Y {y}',
  remove: '移除{name}',
  removed: '已移除{name}',
  straddle: '{name}，骑缝，第 {page} 页',
  armed: '已选{name}，点击页面放置；按回车键放在当前页中间，按 Esc 取消',
  loading: '第 {page} 页正在打开',
  faultPage: '第 {page} 页无法显示',
};

export type ViewerWords = typeof zhViewer;

export const enViewer: ViewerWords = {
  region: 'Document, {pages} pages',
  page: 'Page {page}',
  placed: '{name}, page {page}, {x} mm from the left, {y} mm from the top',
  placedHelp:
    'Arrow keys move 1 mm, with Shift 0.2 mm; Page Up and Page Down move to another page; Delete removes the seal',
  tip: '{width} × {height} mm  X {x}  Y {y}',
  remove: 'Remove {name}',
  removed: '{name} removed',
  straddle: '{name}, across pages, page {page}',
  armed: '{name} chosen: click a page to place it, press Enter for the middle of this page, Escape to cancel',
  loading: 'Opening page {page}',
  faultPage: 'Page {page} cannot be shown',
};
