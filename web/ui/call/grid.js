/** How to lay equal tiles out in a rectangle. Pure. */

const NARROWEST = 3 / 4;
const WIDEST = 16 / 9;

/**
 * The number of columns that gives the tiles the most area, and the tiles' size.
 * @param {number} count tiles, at least 1
 * @param {number} width of the place, CSS pixels
 * @param {number} height of the place, CSS pixels
 * @param {number} gap between tiles, CSS pixels
 * @returns {{ columns: number, rows: number, width: number, height: number }}
 */
export function gridShape(count, width, height, gap) {
  let best = { columns: 1, rows: Math.max(1, count), width: 0, height: 0 };
  for (let columns = 1; columns <= Math.max(1, count); columns += 1) {
    const rows = Math.ceil(count / columns);
    const cellWidth = Math.max(0, (width - gap * (columns - 1)) / columns);
    const cellHeight = Math.max(0, (height - gap * (rows - 1)) / rows);
    const tileWidth = Math.min(cellWidth, cellHeight * WIDEST);
    const tileHeight = Math.min(cellHeight, tileWidth / NARROWEST);
    if (tileWidth * tileHeight > best.width * best.height) {
      best = { columns, rows, width: Math.floor(tileWidth), height: Math.floor(tileHeight) };
    }
  }
  return best;
}
