"""How well a deployment recognises: error rates by threshold and by group, with intervals.

Pure metrics (`rates`, `curves`, `resampling`, `verification`, `identification`, `attributes`,
`detection`, `coco`, `text`, `words`, `reliability`, `tail`, `advice`), what is measured (`lists`,
`boxes`, `pages`, `observe`, `work`) and what comes out (`report`). Words and formulas are those of
ISO/IEC 19795-1:2021 and of NIST's Face Recognition Technology Evaluation (FRTE), of COCO and of
ICDAR's Robust Reading Competition.
"""
