"""From signs to the words that say them: numbers, money, dates, units, addresses, abbreviations.

A table of rules for each language; the first is English. What is said stays tied to what is written.
"""
