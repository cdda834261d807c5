"""English word lists for finding a prompt's subject. Data only."""


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


KINDS = (
    "songs?|ballads?|tunes?|lullab(?:y|ies)|anthems?|tracks?|music|melod(?:y|ies)|hymns?|odes?|"
    "raps?|pieces?|jingles?|carols?|waltz(?:es)?|serenades?|lyrics|beats?|shanty|chorus|number|"
    "love letter|"
    "tribute|soundtrack|theme"
)
"""What a prompt may ask for, as a pattern."""

DETERMINERS = _set(
    "a an the my your our his her their this that these those some no every each one two three"
)
PRONOUNS = _set(
    "i you we he she they it i'm you're we're they're he's she's it's i've we've you've i'll "
    "we'll you'll who's"
)
BOUNDARIES = _set(
    "and but or who that which when where while because until till if so as in on at by with "
    "without under over through after before from into for of to like than since during "
    "between across against among around behind beneath beside beyond inside near off onto "
    "outside toward towards upon"
)
OPEN_ENDED = (
    BOUNDARIES | DETERMINERS | _set("very really too not i'm is are was were be been being please")
)
ADVERBS = _set(
    "never always just still only once finally really almost often sometimes quietly slowly "
    "suddenly even also both then"
)

PERSON = _set(
    "friend lover boy girl man woman child kid mother father mom mum dad grandmother "
    "grandfather grandma grandpa sister brother son daughter wife husband teacher neighbour "
    "neighbor stranger person someone somebody guy lady sailor soldier dancer singer "
    "girlfriend boyfriend uncle aunt cousin baby roommate colleague partner classmate "
    "traveller traveler artist painter driver farmer doctor nurse buddy ex"
)
PEOPLE = _set(
    "friends lovers boys girls kids children people strangers sisters brothers neighbours "
    "neighbors classmates students sailors"
)

ASKING = _set(
    "make me create write compose generate give play sing please can could would you want i'd "
    "like need a an the some with and of for in on to my it is that song songs tune track "
    "music melody piece ballad anthem jingle beat beats lyrics lyric vocal vocals vocalist "
    "voice voices singer singing sung female male soft warm breathy robot choir child's lo-fi "
    "lofi chill chillhop pop rock punk metal indie folk jazz jazzy swing bossa nova funk "
    "funky soul r&b rnb blues country reggae hip-hop hiphop hip hop rap trap drill house "
    "techno trance edm electronic dance electro dnb ambient synthwave retrowave chiptune "
    "8-bit 8bit classical chamber orchestral orchestra cinematic epic waltz ragtime march "
    "latin salsa acoustic electric guofeng chinese english mandarin lullaby carol hymn "
    "serenade disco grunge k-pop kpop j-pop gospel opera operatic rap happy sad calm gentle "
    "upbeat slow fast mid-tempo mellow dark dreamy energetic melancholic melancholy nostalgic "
    "romantic cheerful uplifting bittersweet relaxing relaxed peaceful moody catchy groovy "
    "smooth emotional heartfelt beautiful nice good great short long quick new simple little "
    "funny sweet tender angry intense powerful soothing hopeful bright joyful playful lively "
    "mysterious tempo bpm key major minor seconds second minutes minute bars loop stereo "
    "piano guitar drums drum bass strings string violin cello flute sax saxophone trumpet "
    "brass organ synth synths pad pads harp ukulele banjo accordion marimba vibraphone solo "
    "instrumental background soundtrack theme style vibe vibes feel feeling mood genre chorus "
    "verse bridge hook intro outro something anything full version demo quality high hq "
    "studio 80s 90s 70s 60s eighties nineties retro vintage modern old-school oldschool one "
    "verses choruses duet"
)
"""Words that say what kind of song, not what it is about."""

PRESENT = _set(
    "sleeps comes goes sings dances runs walks dreams waits calls cries laughs smiles leaves stays "
    "hates loves eats drinks works lives dies plays writes returns forgets remembers looks sits "
    "stands drives says knows keeps makes gets falls wakes turns"
)
"""Verbs of the third person, known for verbs after "and"."""

NAMES = _set(
    "i monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays "
    "thursdays fridays saturdays sundays january february april june july august september october "
    "november december christmas paris london tokyo beijing shanghai english french"
)
"""Written with a capital anywhere."""

NOT_GERUNDS = _set(
    "morning evening spring king string thing nothing something everything anything wedding "
    "ceiling building lightning sibling darling duckling wing bring during feeling painting "
    "beijing wing ring pudding dumpling clothing viking awning earring offspring stocking "
    "railing outing"
)
