/** How a field of text is read: what is missing, what is a number, what is a class. `column` is an identifier of the SQL around. */

/** What writers of tables put where there is no value. */
const NOTHING = "('', 'null', 'nan', 'na', 'n/a', '#n/a', '<na>', 'nat', 'none', 'nil', '\\\\N', '\\\\n')";

export const NUMERIC = "'^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?$'";

export const FIELD = (column: string) => `trimBoth(${column})`;
export const IS_MISSING = (column: string) => `lower(${FIELD(column)}) IN ${NOTHING}`;

/** Null where it is missing or no number; infinities are numbers. */
export const NUMBER = (column: string) => `if(${IS_MISSING(column)}, NULL, toFloat64OrNull(${FIELD(column)}))`;

/** 1, 0, or null where it is missing or neither. With `positive`, that text is class 1 and any other class 0. */
export function CLASS(column: string, positive: boolean): string {
  if (positive) return `if(${IS_MISSING(column)}, NULL, toUInt8(${FIELD(column)} = {positive:String}))`;
  return `multiIf(
    lower(${FIELD(column)}) IN ('1', '1.0', 'true', 'yes', 't', 'y'), toNullable(toUInt8(1)),
    lower(${FIELD(column)}) IN ('0', '0.0', 'false', 'no', 'f', 'n'), toNullable(toUInt8(0)),
    NULL)`;
}

/** Longer names of categories are cut. */
export const NAME_LENGTH = 200;
export const CATEGORY = (column: string) => `leftUTF8(${FIELD(column)}, ${NAME_LENGTH})`;
