// How often the right text is found. Loads nothing, so that a page can import it as well.

/**
 * The share of questions whose text, of the same index, is among the `most` nearest. Of equally near ones the right one comes last.
 *
 * @param {ArrayLike<number>[]} questions vectors of the length 1
 * @param {ArrayLike<number>[]} texts
 * @param {number} most
 */
export function recallOf(questions, texts, most) {
  const dot = (a, b) => {
    let sum = 0;
    for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
    return sum;
  };
  const isFound = (question, right) => {
    const least = dot(question, texts[right]);
    return texts.filter((text, i) => i !== right && dot(question, text) >= least).length < most;
  };
  return questions.filter(isFound).length / questions.length;
}
