/** The series colour of the first stage: grey, so that the later ones, where the time goes, stand out. */
export const FIRST_STAGE_COLOUR = 8;

/** As a time chart colours its lines, so that a stage has one colour in the bar and in the chart. */
export function stageColour(index: number): string {
  return `var(--series-${((FIRST_STAGE_COLOUR - 1 + index) % 8) + 1})`;
}
