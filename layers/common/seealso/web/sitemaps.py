"""stub"""
from seealso.web.feeds import network_feed as robots, network_feed as sitemap_index, network_feed as sitemap_part
