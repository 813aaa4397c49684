/**
 * What DCGM writes when it has no value: blank, not found, not supported, not permissioned. Older dcgm-exporters print
 * these as numbers; they mean absence. Only `DCGM_*` families are looked at: others print such numbers and mean them.
 */
const INT32_BLANK = 2147483632;
const FP64_BLANK = 140737488355328;
/** As text: these four differ only beyond the 53 bits of a JavaScript number. */
const INT64_BLANK = /^922337203685477579[2-5](\.0*)?$/;
const TEXT_BLANK = new Set([
  "<<<NULL>>>",
  "<<<NOT_FOUND>>>",
  "<<<NOT_SUPPORTED>>>",
  "<<<NOT_PERM>>>",
  "ERROR - FAILED TO CONVERT TO STRING",
]);

export function isDcgmFamily(name: string): boolean {
  return name.startsWith("DCGM_");
}

/** For values already read as a whole number. */
export function isBlankNumber(value: number): boolean {
  return (value >= INT32_BLANK && value < INT32_BLANK + 4) || (value >= FP64_BLANK && value < FP64_BLANK + 4);
}

/** For the text of a value that is not a plain short decimal. */
export function isBlankText(text: string): boolean {
  return TEXT_BLANK.has(text) || INT64_BLANK.test(text);
}
