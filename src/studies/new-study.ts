/** The file that `lucida study new` writes: a study that runs as it is, with every part explained. */

export const newStudy = (
  name: string,
): string => `# A study is one file. Run it:  lucida study ${name}.yaml --model M --out report.html
# Every field is explained in docs/how-it-works/studies.md. Nothing in this file is executed.
name: ${name}
title: Where a thing is made
question: On the way from a city to its country's language, does the model think of the country?
holds: It thinks of the country on the way.
fails: No country could be exchanged on the way.
ability: name the language of a city's country

grounds:
  - on: any                      # any model; "specimen" is for questions of the specimen's own corpus
    prompts:
      - templates:
          # {slots} are filled from the rows. What follows the bar is the answer, with the space that belongs to it.
          - "Fact: the language spoken in the country where {city} lies is| {language}"
          - "People who grow up in {city} speak| {language}"
        holdBy: city             # rows with one city stay together: in training, or held out
        heldOut: 0.5             # which is which is settled by a hash, so nobody can pick
        rows:
          - { city: Paris, country: France, language: French }
          - { city: Lyon, country: France, language: French }
          - { city: Marseille, country: France, language: French }
          - { city: Bordeaux, country: France, language: French }
          - { city: Berlin, country: Germany, language: German }
          - { city: Munich, country: Germany, language: German }
          - { city: Hamburg, country: Germany, language: German }
          - { city: Cologne, country: Germany, language: German }
          - { city: Madrid, country: Spain, language: Spanish }
          - { city: Seville, country: Spain, language: Spanish }
          - { city: Barcelona, country: Spain, language: Spanish }
          - { city: Valencia, country: Spain, language: Spanish }
          - { city: Rome, country: Italy, language: Italian }
          - { city: Milan, country: Italy, language: Italian }
          - { city: Naples, country: Italy, language: Italian }
          - { city: Turin, country: Italy, language: Italian }
    gate:
      need: 0.5                  # share of held-out prompts the model must get right, or there is nothing to explain
    tests:
      - test: swap               # take one class's mean out of the stream, put another's in
        title: another country in the city's place
        claim: With another country's mean put in at the city, the model names that country's language.
        failsOn: random directions # the null: the runner makes the test again with random directions, and if that
                                 # passes too, the study is VOID. The other null is "shuffled labels"
        label: country           # the column that is exchanged
        at: city                 # at the last token of this slot
        need: 0.5                # share of held-out prompts that must follow
`;
