/* Which providers do people meet?  The built-in oEmbed table; a glob without a scheme means http and https. */
#include "page/int.h"

/* X and YouTube shorts are the reference's own (spec C.1); the others answer without a key and tell more than their
 * pages do to a program that runs no scripts. */
static const struct page_provider_row rows[] = {
    {"X", "https://publish.x.com/oembed", "x.com/* x.com/*/status/* *.x.com/*/status/*"},
    {"Twitter", "https://publish.twitter.com/oembed", "twitter.com/*/status/* *.twitter.com/*/status/*"},
    {"YouTube", "https://www.youtube.com/oembed",
     "youtube.com/shorts/* *.youtube.com/shorts/* youtube.com/watch* *.youtube.com/watch* youtube.com/v/* "
     "*.youtube.com/v/* youtube.com/embed/* *.youtube.com/embed/* youtube.com/live/* *.youtube.com/live/* "
     "youtube.com/playlist?list=* *.youtube.com/playlist?list=* youtu.be/*"},
    /* video */
    {"Vimeo", "https://vimeo.com/api/oembed.json", "vimeo.com/* player.vimeo.com/video/*"},
    {"Dailymotion", "https://www.dailymotion.com/services/oembed", "www.dailymotion.com/video/* dai.ly/*"},
    {"TikTok", "https://www.tiktok.com/oembed", "www.tiktok.com/* vm.tiktok.com/*"},
    {"TED", "https://www.ted.com/services/v1/oembed.json", "ted.com/talks/* www.ted.com/talks/* embed.ted.com/talks/*"},
    {"Streamable", "https://api.streamable.com/oembed.json", "streamable.com/*"},
    {"Wistia", "https://fast.wistia.com/oembed.json", "fast.wistia.com/embed/* *.wistia.com/medias/* *.wistia.com/s/*"},
    {"Loom", "https://www.loom.com/v1/oembed", "loom.com/share/* www.loom.com/share/* loom.com/i/*"},
    {"Rumble", "https://rumble.com/api/Media/oembed.json", "rumble.com/*"},
    {"Odysee", "https://odysee.com/$/oembed", "odysee.com/*"},
    {"Coub", "https://coub.com/api/oembed.json", "coub.com/view/* coub.com/embed/*"},
    {"SproutVideo", "https://sproutvideo.com/oembed.json", "sproutvideo.com/videos/* *.vids.io/videos/*"},
    /* photo */
    {"Flickr", "https://www.flickr.com/services/oembed/",
     "flickr.com/photos/* *.flickr.com/photos/* flic.kr/p/* flic.kr/s/*"},
    {"GIPHY", "https://giphy.com/services/oembed",
     "giphy.com/gifs/* giphy.com/clips/* gph.is/* media.giphy.com/media/*/giphy.gif"},
    {"Imgur", "https://api.imgur.com/oembed.json", "imgur.com/*"},
    {"Tenor", "https://tenor.com/oembed", "tenor.com/view/*"},
    {"DeviantArt", "https://backend.deviantart.com/oembed",
     "*.deviantart.com/art/* *.deviantart.com/*/art/* fav.me/* sta.sh/*"},
    {"pixiv", "https://embed.pixiv.net/oembed.php", "www.pixiv.net/artworks/* www.pixiv.net/*/artworks/*"},
    {"SmugMug", "https://api.smugmug.com/services/oembed/", "*.smugmug.com/*"},
    /* audio */
    {"SoundCloud", "https://soundcloud.com/oembed", "soundcloud.com/* on.soundcloud.com/* m.soundcloud.com/*"},
    {"Spotify", "https://open.spotify.com/oembed", "open.spotify.com/* spotify.link/*"},
    {"Mixcloud", "https://www.mixcloud.com/oembed/", "www.mixcloud.com/*/*/"},
    {"audioBoom", "https://audioboom.com/publishing/oembed.json",
     "audioboom.com/channels/* audioboom.com/posts/* audioboom.com/episodes/*"},
    {"Audiomack", "https://audiomack.com/oembed",
     "audiomack.com/*/song/* audiomack.com/*/album/* audiomack.com/*/playlist/*"},
    {"hearthis.at", "https://hearthis.at/oembed/", "hearthis.at/*/*/"},
    {"Apple Podcasts", "https://podcasts.apple.com/api/oembed", "podcasts.apple.com/*"},
    {"Podbean", "https://api.podbean.com/v1/oembed", "*.podbean.com/e/*"},
    {"iHeartRadio", "https://www.iheart.com/oembed", "www.iheart.com/podcast/*/*"},
    /* social */
    {"Reddit", "https://www.reddit.com/oembed", "reddit.com/r/*/comments/*/* www.reddit.com/r/*/comments/*/*"},
    {"Bluesky", "https://embed.bsky.app/oembed", "bsky.app/profile/*/post/*"},
    {"Tumblr", "https://www.tumblr.com/oembed/1.0", "*.tumblr.com/post/*"},
    {"Pinterest", "https://www.pinterest.com/oembed.json", "www.pinterest.com/*"},
    {"Behance", "https://www.behance.net/services/oembed", "www.behance.net/gallery/*/*"},
    /* code, data, documents */
    {"CodePen", "https://codepen.io/api/oembed", "codepen.io/*"},
    {"CodeSandbox", "https://codesandbox.io/oembed", "codesandbox.io/s/* codesandbox.io/embed/*"},
    {"Replit", "https://replit.com/data/oembed", "replit.com/@*/*"},
    {"asciinema", "https://asciinema.org/oembed", "asciinema.org/a/*"},
    {"Observable", "https://api.observablehq.com/oembed",
     "observablehq.com/@*/* observablehq.com/d/* observablehq.com/embed/*"},
    {"Datawrapper", "https://api.datawrapper.de/v3/oembed/", "datawrapper.dwcdn.net/*"},
    {"Flourish", "https://app.flourish.studio/api/v1/oembed",
     "public.flourish.studio/visualisation/* public.flourish.studio/story/*"},
    {"Infogram", "https://infogram.com/oembed", "infogram.com/*"},
    {"Speaker Deck", "https://speakerdeck.com/oembed.json", "speakerdeck.com/*/*"},
    {"SlideShare", "https://www.slideshare.net/api/oembed/2", "www.slideshare.net/*/*"},
    {"Scribd", "https://www.scribd.com/services/oembed/", "www.scribd.com/doc/* www.scribd.com/document/*"},
    {"Issuu", "https://issuu.com/oembed", "issuu.com/*/docs/*"},
    {"Prezi", "https://prezi.com/v/oembed", "prezi.com/v/* *.prezi.com/v/*"},
    {"Figma", "https://www.figma.com/api/oembed", "www.figma.com/file/* www.figma.com/design/* www.figma.com/board/*"},
    {"Miro", "https://miro.com/api/v1/oembed", "miro.com/app/board/*"},
    {"Sketchfab", "https://sketchfab.com/oembed", "sketchfab.com/models/* sketchfab.com/3d-models/*"},
};

const struct page_provider_row *
page_provider_row(size_t i)
{
	return i < sizeof rows / sizeof rows[0] ? &rows[i] : NULL;
}
